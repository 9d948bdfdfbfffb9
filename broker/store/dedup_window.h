#ifndef PAVANE_STORE_DEDUP_WINDOW_H_
#define PAVANE_STORE_DEDUP_WINDOW_H_

#include <cstdint>
#include <deque>
#include <optional>

#include "absl/container/flat_hash_map.h"

#include "base/ids.h"
#include "event/hash128.h"

namespace pavane::store {

/// The newest event identities of one bus, by time and by count, whichever is less. Rebuilt at
/// start from the blocks' hashes, so it holds over restarts without a record per event. Writer
/// thread only.
class DedupWindow {
 public:
  struct Policy {
    int64_t window_us = 600'000'000;  // 0: off
    uint64_t ids_max = 1'000'000;
  };
  struct First {
    Sequence sequence;
    uint32_t matched_rules = 0;
  };

  explicit DedupWindow(Policy policy) : policy_(policy) {}

  void set_policy(Policy policy) { policy_ = policy; }
  /// The first event of that identity within the window, if any.
  std::optional<First> Find(const event::Hash128& hash, int64_t now_us);
  /// Adds at the new end.
  void Add(const event::Hash128& hash, int64_t accepted_us, First first);
  /// Takes back the newest additions down to `size` entries (a transaction was rolled back).
  void TruncateTo(uint64_t added_total);
  uint64_t added_total() const { return added_total_; }
  size_t size() const { return first_.size(); }

 private:
  struct Entry {
    event::Hash128 hash;
    int64_t accepted_us;
  };
  void Expire(int64_t now_us);

  Policy policy_;
  std::deque<Entry> order_;
  absl::flat_hash_map<event::Hash128, First> first_;
  uint64_t added_total_ = 0;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_DEDUP_WINDOW_H_
