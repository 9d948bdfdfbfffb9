#ifndef PAVANE_DELIVERY_ATTEMPT_ENDS_H_
#define PAVANE_DELIVERY_ATTEMPT_ENDS_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"

#include "delivery/dead_letter.h"
#include "delivery/lease_table.h"
#include "delivery/loop_context.h"
#include "delivery/next.h"
#include "delivery/service_table.h"
#include "delivery/settle_transaction.h"
#include "delivery/target.h"
#include "delivery/target_table.h"

namespace pavane::delivery {

/// What an outcome leads to, as the records that commit it; and the ends that the broker itself
/// makes (lease over, connection lost, forwarding), submitted here. The fold of the commit then
/// takes lease and queue entry away. Loop thread only.
class AttemptEnds {
 public:
  AttemptEnds(LoopContext& context, LeaseTable& leases, ServiceTable& services,
              TargetTable& targets)
      : context_(context), leases_(leases), services_(services), targets_(targets) {}

  /// How an attempt, or the wait for one, ended.
  struct End {
    AttemptOutcome outcome;
    AttemptError error;
    int64_t started_us = 0;                // of the attempt; 0: none was made
    const DeliveryId* delivery = nullptr;  // of the attempt, for the log
  };
  SettleItem Plan(const Target& target, const TargetQueue::Entry& entry,
                  const event::StoredEvent& event, const End& end);
  SettleItem PlanLease(const Target& target, const Lease& lease, AttemptOutcome outcome,
                       AttemptError error);

  /// The lease is being settled: it cannot expire until the commit is through or failed.
  void SettlingStarts(Lease& lease, const store::SettlementRecord& record);
  /// The settlement did not commit: the lease goes on.
  void Unsettle(uint64_t token);
  /// Commits ends made by the broker; false when the writer's queue is full (nothing changed).
  bool Submit(std::vector<SettleItem> items, uint64_t lane = store::kBrokerLane);
  /// Ends a lease in the broker's name, unless it is being settled.
  void EndLease(uint64_t token, AttemptOutcome::Kind kind, absl::string_view code,
                absl::string_view message);
  /// Ends leases that are over, a bounded number of them.
  void EndExpiredLeases(MonotonicTime now);
  /// Logs how many failures of the last second had no line of their own. Once a second.
  void LogFailuresLeftOut();

 private:
  void PlanRetry(SettleItem& item, const TargetQueue::Entry& entry, const DeliveryState& state,
                 const Decision& decision, const AttemptError& error);
  void LogFailure(const Target& target, const event::StoredEvent& event, const DeliveryId* delivery,
                  const AttemptError& error, const Decision& decision);

  LoopContext& context_;
  LeaseTable& leases_;
  ServiceTable& services_;
  TargetTable& targets_;
  uint64_t failures_logged_ = 0;  // in this second
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_ATTEMPT_ENDS_H_
