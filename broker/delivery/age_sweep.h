#ifndef PAVANE_DELIVERY_AGE_SWEEP_H_
#define PAVANE_DELIVERY_AGE_SWEEP_H_

#include <cstdint>

#include "delivery/attempt_ends.h"
#include "delivery/event_of.h"
#include "delivery/loop_context.h"
#include "delivery/target_table.h"

namespace pavane::delivery {

/// Gives up deliveries that are older than their target's limit, in bounded steps: an expiring
/// backlog slows no other target. Loop thread only.
class AgeSweep {
 public:
  AgeSweep(LoopContext& context, TargetTable& targets, AttemptEnds& ends)
      : context_(context), targets_(targets), ends_(ends) {}

  /// One step for every target; true when some target has more to give up.
  bool Sweep();
  /// One step for one target; true when it has more.
  bool ExpireSome(Target& target, int64_t now_us);

 private:
  SettleItem PlanExpiry(const Target& target, const TargetQueue::Entry& entry,
                        const event::StoredEvent& event);

  LoopContext& context_;
  TargetTable& targets_;
  AttemptEnds& ends_;
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_AGE_SWEEP_H_
