#ifndef PAVANE_DELIVERY_EVENT_OF_H_
#define PAVANE_DELIVERY_EVENT_OF_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "delivery/target_queue.h"
#include "event/stored_event.h"
#include "store/log.h"

namespace pavane::delivery {

/// How long a target waits after a read of the log has failed.
inline constexpr absl::Duration kReadFailurePause = absl::Minutes(1);

/// The event of a queue entry: from its block or, when that is gone, the copy that a redriven
/// delivery carries.
absl::StatusOr<event::StoredEventPtr> EventOf(const store::Log& log,
                                              const TargetQueue::Entry& entry);

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_EVENT_OF_H_
