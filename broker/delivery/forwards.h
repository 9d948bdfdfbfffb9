#ifndef PAVANE_DELIVERY_FORWARDS_H_
#define PAVANE_DELIVERY_FORWARDS_H_

#include "delivery/attempt_ends.h"
#include "delivery/handout.h"
#include "delivery/loop_context.h"
#include "delivery/target_table.h"

namespace pavane::delivery {

/// Delivers to `bus:NAME` targets: the broker settles each delivery itself, with the same event for
/// the other bus in the commit. Loop thread only.
class Forwards {
 public:
  Forwards(LoopContext& context, TargetTable& targets, Handout& handout, AttemptEnds& ends)
      : context_(context), targets_(targets), handout_(handout), ends_(ends) {}

  /// What the ready targets have, within what may be in flight.
  void Pump();

 private:
  void ForwardOne(Target& target);

  LoopContext& context_;
  TargetTable& targets_;
  Handout& handout_;
  AttemptEnds& ends_;
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_FORWARDS_H_
