#ifndef PAVANE_INGRESS_GATE_H_
#define PAVANE_INGRESS_GATE_H_

#include <atomic>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

#include "base/ids.h"
#include "base/mutex.h"

namespace pavane::ingress {

/// How much room the disk has.
enum class DiskLevel {
  kEnough,
  kSoftFloor,  // below the soft floor: nothing new is published
  kHardFloor,  // below the hard floor: settlements with emits are refused as well
};

/// Whether anything may come in at all, and to which bus: one for the broker, set by the server,
/// asked by the doors for every call. Any thread.
class Gate {
 public:
  void StartDraining() { draining_.store(true, std::memory_order_release); }
  void SetStoreFailed() { store_failed_.store(true, std::memory_order_release); }
  void SetDiskLevel(DiskLevel level) { disk_.store(level, std::memory_order_release); }

  /// Buses whose byte limit is reached while an unsettled delivery needs their oldest events, with
  /// what a publisher is told. Replaces those of the call before.
  using PinnedBuses = absl::flat_hash_map<BusId, std::string>;
  void SetPinned(PinnedBuses pinned) ABSL_LOCKS_EXCLUDED(mu_);

  bool draining() const { return draining_.load(std::memory_order_acquire); }
  bool store_failed() const { return store_failed_.load(std::memory_order_acquire); }
  DiskLevel disk_level() const { return disk_.load(std::memory_order_acquire); }

  /// SHUTTING_DOWN, STORE_FAILED or DISK_FULL.
  absl::Status CheckPublish() const;
  /// RETENTION_PINNED. Emits and forwardings are not asked: the delivery that pins the bus may need
  /// them to end.
  absl::Status CheckBus(BusId bus) const ABSL_LOCKS_EXCLUDED(mu_);
  /// STORE_FAILED, or DISK_FULL below the hard floor. Draining refuses no settlement.
  absl::Status CheckSettlementWithEmits() const;
  /// SHUTTING_DOWN or STORE_FAILED: for changes of buses, rules and targets.
  absl::Status CheckChange() const;

 private:
  std::atomic<bool> draining_{false};
  std::atomic<bool> store_failed_{false};
  std::atomic<DiskLevel> disk_{DiskLevel::kEnough};
  std::atomic<bool> some_pinned_{false};  // so that the usual case takes no lock
  mutable Mutex mu_;
  PinnedBuses pinned_ ABSL_GUARDED_BY(mu_);
};

/// What a caller is told whose work the store did not take, since it failed.
absl::Status StoreFailed();
/// `status` of a transaction as its caller is told: an error of the store itself is StoreFailed.
absl::Status ToCaller(const absl::Status& status);
/// The writer's queue is full.
absl::Status Overloaded();

}  // namespace pavane::ingress

#endif  // PAVANE_INGRESS_GATE_H_
