// Refusals as absl::Status: the code says what a whole call would fail with, a payload carries the
// stable reason of errors.proto, the message is for people.
#ifndef PAVANE_EVENT_REASON_H_
#define PAVANE_EVENT_REASON_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "pavane/v1/errors.pb.h"

namespace pavane::event {

/// `retry_after`: not zero when a later try may succeed.
absl::Status Refused(absl::StatusCode code, pavane::v1::Reason reason, absl::string_view message,
                     absl::Duration retry_after = absl::ZeroDuration());

/// InvalidArgument, the usual case.
absl::Status Invalid(pavane::v1::Reason reason, absl::string_view message);

/// The reason that Refused put in, or REASON_UNSPECIFIED.
pavane::v1::Reason ReasonOf(const absl::Status& status);
absl::Duration RetryAfterOf(const absl::Status& status);

/// Says where in a text that the caller sent `status`, which is not OK, points.
void SetPlace(const pavane::v1::Place& place, absl::Status* status);
/// What SetPlace has put in.
std::optional<pavane::v1::Place> PlaceOf(const absl::Status& status);

/// The code that goes with a reason where nothing else is known.
absl::StatusCode CodeOf(pavane::v1::Reason reason);

/// The item-level error of the wire. `status` is not OK.
pavane::v1::Error ToError(const absl::Status& status);

}  // namespace pavane::event

#endif  // PAVANE_EVENT_REASON_H_
