#ifndef PAVANE_EVENT_VIEW_PATH_H_
#define PAVANE_EVENT_VIEW_PATH_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "event/event_view.h"

namespace pavane::event {

/// Longest path into a view, in bytes.
inline constexpr size_t kViewPathBytesMax = 256;

/// Checks a path into an event's view: names with dots between, such as `detail.order.id`; a `$.`
/// in front is allowed. Names that hold dots cannot be reached, nor elements of arrays.
/// InvalidArgument says what is wrong.
absl::Status CheckViewPath(absl::string_view path);

/// Hash of the text, number or boolean at the path, which has passed CheckViewPath; 0 when there is
/// none (missing, null, an object, an array). Values of different types differ; numbers are
/// compared as they are written. Of members with the same name the first one counts.
uint64_t HashAtPath(const EventView& view, absl::string_view path);

}  // namespace pavane::event

#endif  // PAVANE_EVENT_VIEW_PATH_H_
