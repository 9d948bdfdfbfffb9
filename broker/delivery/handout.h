#ifndef PAVANE_DELIVERY_HANDOUT_H_
#define PAVANE_DELIVERY_HANDOUT_H_

#include <optional>
#include <utility>
#include <vector>

#include "delivery/age_sweep.h"
#include "delivery/lease_table.h"
#include "delivery/loop_context.h"
#include "delivery/service_table.h"
#include "delivery/target_table.h"
#include "targets/session.h"

namespace pavane::delivery {

/// Hands deliveries out: takes them from ready targets, round robin, leases them, and gives them to
/// the sessions and pulls of a service as credit allows. Loop thread only.
class Handout {
 public:
  Handout(LoopContext& context, LeaseTable& leases, ServiceTable& services, TargetTable& targets,
          AgeSweep& ages)
      : context_(context), leases_(leases), services_(services), targets_(targets), ages_(ages) {}

  /// What the touched services can take, a portion of each. Whether there is more to do.
  bool Pump();

  struct Deliverable {
    TargetQueue::Entry entry;
    event::StoredEventPtr event;
  };
  /// The next entry of the target with its event, too old ones given up on the way.
  std::optional<Deliverable> TakeDeliverable(Target& target);
  Lease& MakeLease(Target& target, Deliverable deliverable, SessionId session,
                   MonotonicTime expires);
  /// Back to the queues, no attempt counted. Unknown tokens are none.
  void Requeue(const std::vector<uint64_t>& tokens);

 private:
  void PumpService(Service& service);
  bool MustGoOn(const Service& service) const;
  SessionState* NextSession(Service& service);
  std::optional<targets::OutgoingDelivery> HandOut(Target& target, SessionId session);
  void GiveToPull(Service& service, targets::OutgoingDelivery delivery);
  void GiveToSession(SessionState& session, targets::OutgoingDelivery delivery);
  void FlushBatches(Service& service);

  LoopContext& context_;
  LeaseTable& leases_;
  ServiceTable& services_;
  TargetTable& targets_;
  AgeSweep& ages_;
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_HANDOUT_H_
