#ifndef PAVANE_STORE_DEDUP_WINDOW_H_
#define PAVANE_STORE_DEDUP_WINDOW_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"

#include "base/ids.h"
#include "event/hash128.h"

namespace pavane::store {

/// The newest event identities of one bus, by time and by count, whichever is less. Rebuilt at
/// start from the blocks' hashes, so it holds over restarts without a record per event. Writer
/// thread only.
///
/// Entries lie once, in order of their coming; the set by hash holds their numbers only, which
/// takes about 60 bytes an id in all, where a map from hash to entry beside the order took 90.
class DedupWindow {
 public:
  struct Policy {
    int64_t window_us = 600'000'000;  // 0: off
    uint64_t ids_max = 1'000'000;

    friend bool operator==(const Policy&, const Policy&) = default;
  };
  struct First {
    Sequence sequence;
    uint32_t matched_rules = 0;

    friend bool operator==(const First&, const First&) = default;
  };

  explicit DedupWindow(Policy policy) : policy_(policy) {}
  // The set looks into order_.
  DedupWindow(const DedupWindow&) = delete;
  DedupWindow& operator=(const DedupWindow&) = delete;

  const Policy& policy() const { return policy_; }
  void set_policy(Policy policy) { policy_ = policy; }
  /// The first event of that identity within the window, if any.
  std::optional<First> Find(const event::Hash128& hash, int64_t now_us);
  /// Adds at the new end.
  void Add(const event::Hash128& hash, int64_t accepted_us, First first);
  /// Takes back the newest additions until added_total() is as given (a transaction was rolled
  /// back). What expired meanwhile stays expired.
  void TruncateTo(uint64_t added_total);
  uint64_t added_total() const { return added_total_; }
  size_t size() const { return order_.size(); }

 private:
  struct Entry {
    event::Hash128 hash;
    int64_t accepted_us;
    First first;
  };
  // Lets the set be asked by hash.
  struct HashOfNumber {
    using is_transparent = void;
    const DedupWindow* window;
    size_t operator()(const event::Hash128& hash) const { return absl::HashOf(hash); }
    size_t operator()(uint64_t number) const { return (*this)(window->HashAt(number)); }
  };
  struct SameHash {
    using is_transparent = void;
    const DedupWindow* window;
    bool operator()(uint64_t a, uint64_t b) const { return a == b; }
    bool operator()(uint64_t a, const event::Hash128& b) const { return window->HashAt(a) == b; }
    bool operator()(const event::Hash128& a, uint64_t b) const { return a == window->HashAt(b); }
  };

  const event::Hash128& HashAt(uint64_t number) const { return order_[number - base_].hash; }
  void Expire(int64_t now_us);
  void Forget(uint64_t number);

  Policy policy_;
  std::deque<Entry> order_;
  uint64_t base_ = 0;  // number of order_.front()
  absl::flat_hash_set<uint64_t, HashOfNumber, SameHash> numbers_{0, HashOfNumber{this},
                                                                 SameHash{this}};
  uint64_t added_total_ = 0;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_DEDUP_WINDOW_H_
