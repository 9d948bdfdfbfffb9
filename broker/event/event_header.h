#ifndef PAVANE_EVENT_EVENT_HEADER_H_
#define PAVANE_EVENT_EVENT_HEADER_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pavane::event {

/// What the broker itself needs of a stored event, read from the serialized CloudEvent without
/// copying its data. The texts point into the bytes.
struct EventHeader {
  absl::string_view id;
  absl::string_view source;
  absl::string_view type;
  absl::string_view correlation_id;
  absl::string_view causation_id;
  absl::string_view trace_parent;
  absl::string_view trace_state;
};

/// DataLoss when `bytes` is not a serialized CloudEvent.
absl::StatusOr<EventHeader> ReadEventHeader(absl::string_view bytes);

}  // namespace pavane::event

#endif  // PAVANE_EVENT_EVENT_HEADER_H_
