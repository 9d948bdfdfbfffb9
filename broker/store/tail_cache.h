#ifndef PAVANE_STORE_TAIL_CACHE_H_
#define PAVANE_STORE_TAIL_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"

#include "base/ids.h"
#include "base/mutex.h"
#include "event/stored_event.h"

namespace pavane::store {

/// The newest events of all buses, up to a number of bytes: fresh deliveries are served from here
/// and cost no read. Of each bus it holds an unbroken range up to the newest event. Any thread.
class TailCache {
 public:
  explicit TailCache(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// Events of one bus that follow on what was added before.
  void Add(BusId bus, absl::Span<const event::StoredEventPtr> events) ABSL_LOCKS_EXCLUDED(mu_);

  /// Null when it is not there.
  event::StoredEventPtr Find(event::EventRef ref) const ABSL_LOCKS_EXCLUDED(mu_);

  /// Appends the events of the bus from `from` on (or down) while they are there, `out` stays
  /// within `count_max` and `bytes` within `bytes_max`; the first one counts always. Returns the
  /// sequence to go on with.
  Sequence Read(BusId bus, Sequence from, bool backwards, size_t count_max, size_t bytes_max,
                size_t& bytes, std::vector<event::StoredEventPtr>& out) const
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Tail {
    Sequence first;
    std::deque<event::StoredEventPtr> events;
  };
  struct Addition {
    BusId bus;
    size_t count;
    uint64_t bytes;
  };

  const event::StoredEventPtr* Lookup(event::EventRef ref) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void EvictOldest(std::vector<event::StoredEventPtr>& evicted) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const uint64_t bytes_max_;

  mutable Mutex mu_;
  absl::flat_hash_map<BusId, Tail> tails_ ABSL_GUARDED_BY(mu_);
  std::deque<Addition> additions_ ABSL_GUARDED_BY(mu_);  // in order; evicted whole, oldest first
  uint64_t bytes_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_TAIL_CACHE_H_
