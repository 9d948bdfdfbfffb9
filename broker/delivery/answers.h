#ifndef PAVANE_DELIVERY_ANSWERS_H_
#define PAVANE_DELIVERY_ANSWERS_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "store/commit_record.h"

namespace pavane::delivery {

/// Answers given to settlements, so that a repeat gets the same one: by token of the attempt, for a
/// time and up to a number. Rebuilt at start from the settlement records. Loop thread only.
///
/// They are kept in slices by age, which go whole: a million answers are added and forgotten at the
/// price of small tables. A search looks through all slices, but only repeats are searched for.
class Answers {
 public:
  struct Options {
    int64_t window_us = 600'000'000;
    size_t answers_max = 1'000'000;
  };
  struct Answer {
    int64_t time_us = 0;
    uint64_t content_hash = 0;
    store::ClientOutcome outcome = store::ClientOutcome::kNone;
    std::vector<store::EmittedEvent> emitted;
  };

  explicit Answers(Options options) : options_(options) {}

  /// Remembers the answer of a settlement that a client made; others are ignored.
  void Add(const store::SettlementRecord& settlement, int64_t time_us);
  /// Null when nothing is known of the token any more.
  const Answer* Find(uint64_t token, int64_t now_us);
  /// Those too old that are still in a slice with younger ones count, too.
  size_t size() const { return size_; }

 private:
  struct Slice {
    int64_t first_us = 0;
    int64_t last_us = 0;
    absl::flat_hash_map<uint64_t, Answer> answers;
  };

  Slice& SliceFor(int64_t time_us);
  void Expire(int64_t now_us);

  const Options options_;
  std::deque<Slice> slices_;  // the oldest first
  size_t size_ = 0;
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_ANSWERS_H_
