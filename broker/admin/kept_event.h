#ifndef PAVANE_ADMIN_KEPT_EVENT_H_
#define PAVANE_ADMIN_KEPT_EVENT_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "event/event_ref.h"
#include "event/stored_event.h"
#include "store/log.h"

namespace pavane::admin {

/// The event of that number. Its refusal names the bus as callers do; the log knows only the id.
absl::StatusOr<event::StoredEventPtr> ReadKeptEvent(const store::Log& log, event::EventRef ref,
                                                    absl::string_view bus_name);

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_KEPT_EVENT_H_
