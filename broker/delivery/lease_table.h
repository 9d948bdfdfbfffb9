#ifndef PAVANE_DELIVERY_LEASE_TABLE_H_
#define PAVANE_DELIVERY_LEASE_TABLE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"

#include "base/clock.h"
#include "base/ids.h"
#include "delivery/delivery_id.h"
#include "delivery/requests.h"
#include "delivery/target_queue.h"
#include "event/stored_event.h"

namespace pavane::delivery {

/// One attempt that is out: who has it, until when. In memory only; after a restart the delivery is
/// queued again and the attempt is not counted.
struct Lease {
  DeliveryId id;
  TargetQueue::Entry entry;
  event::StoredEventPtr event;
  SessionId session;  // 0: a pull, or the broker itself
  MonotonicTime expires;
  int64_t started_us = 0;
  /// A settlement of it is being committed: it cannot expire, nor be settled otherwise.
  bool settling = false;
  uint64_t settling_hash = 0;
  store::ClientOutcome settling_outcome = store::ClientOutcome::kNone;

  /// The table's own: how it waits for its end.
  enum class Timer { kOff, kInLine, kSorted };
  Timer timer = Timer::kOff;
  Lease* before = nullptr;  // in line
  Lease* after = nullptr;
};

/// The leases by token, and in order of their ends. Loop thread only.
///
/// Leases of one length end in the order in which they began: these wait in line, in no time. One
/// that ends before the last in line is sorted in beside.
class LeaseTable {
 public:
  Lease& Add(std::unique_ptr<Lease> lease);
  Lease* Find(uint64_t token);
  /// Whatever lease the delivery has now: a planted fault's way round the fence.
  Lease* FindAnyOf(const store::DeliveryRef& ref);
  void Extend(Lease& lease, MonotonicTime expires);
  /// Takes it off the timer while its settlement commits; back on with Extend.
  void StopTimer(Lease& lease);
  /// Null when there is none.
  std::unique_ptr<Lease> Remove(uint64_t token);
  /// The end of the first lease; InfiniteFuture when there is none.
  MonotonicTime NextExpiry() const;
  /// Token of a lease that has ended by now, if any.
  std::optional<uint64_t> Expired(MonotonicTime now) const;
  size_t size() const { return by_token_.size(); }

  template <typename F>
  void ForEach(F&& visit) {
    for (auto& [token, lease] : by_token_) visit(*lease);
  }

 private:
  void StartTimer(Lease& lease);

  absl::flat_hash_map<uint64_t, std::unique_ptr<Lease>> by_token_;
  Lease* first_ = nullptr;  // of the line
  Lease* last_ = nullptr;
  absl::btree_set<std::pair<MonotonicTime, uint64_t>> sorted_;
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_LEASE_TABLE_H_
