#ifndef PAVANE_DELIVERY_ENGINE_H_
#define PAVANE_DELIVERY_ENGINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "base/clock.h"
#include "delivery/age_sweep.h"
#include "delivery/answers.h"
#include "delivery/attempt_ends.h"
#include "delivery/forwards.h"
#include "delivery/handout.h"
#include "delivery/lease_table.h"
#include "delivery/loop_context.h"
#include "delivery/requests.h"
#include "delivery/service_table.h"
#include "delivery/settlements.h"
#include "delivery/stats.h"
#include "delivery/target_table.h"
#include "store/catalog.h"

namespace pavane::delivery {

/// The delivery loop's state machine, without its thread: every call comes from one thread (the
/// loop), in order. Owns the tables and the parts that work on them, and folds the commits into
/// them. Dispatcher wraps it.
class Engine {
 public:
  /// `context` outlives the engine.
  explicit Engine(LoopContext& context);

  // ---- state
  /// `unsettled` gets the count of every target.
  absl::Status Recover(const std::function<void(TargetId, uint64_t)>& unsettled);
  void Fold(const store::CommitRecord& commit);
  /// Submits a checkpoint of what changed since the last one.
  void Checkpoint();
  std::vector<TargetStats> CollectTargetStats();
  std::vector<ServiceStats> CollectServiceStats();
  LowWater LowWaterOf(BusId bus) const;

  // ---- time: all that is due by now; the returned time is when to call again.
  MonotonicTime Tick(MonotonicTime expire_until);

  // ---- sessions and handing out
  ServiceTable& services() { return services_; }
  void CloseSession(SessionId session, CloseKind kind);
  void Drain(absl::Time until);
  /// Hands out what the services touched since the last call can take, a portion of each. Whether
  /// there is more to do.
  bool Pump();
  size_t in_flight() const { return leases_.size(); }

  // ---- settling
  Settlements& settlements() { return settlements_; }

 private:
  void FoldDeliveries(const store::CommitRecord& commit);
  void FoldSettlement(const store::SettlementRecord& settlement, int64_t time_us);
  void FoldCatalog(const store::CommitRecord& commit);
  void DefineRule(const store::RuleEntry& rule);
  absl::Status RecoverCatalog(const std::vector<store::TargetState>& states);
  void RemoveTarget(TargetId id);
  void EndLostSessions(MonotonicTime now);

  LoopContext& context_;
  std::shared_ptr<const store::Catalog> catalog_;
  Position position_;
  absl::flat_hash_map<BusId, Sequence> folded_;  // newest event of each bus
  LeaseTable leases_;
  Answers answers_;
  ServiceTable services_;
  TargetTable targets_;
  AttemptEnds ends_;
  AgeSweep ages_;
  Handout handout_;
  Forwards forwards_;
  Settlements settlements_;
  bool recovering_ = false;  // replaying: the catalog is ahead of the commits
  MonotonicTime next_sweep_;
  MonotonicTime next_checkpoint_;
  uint64_t changes_since_checkpoint_ = 0;
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_ENGINE_H_
