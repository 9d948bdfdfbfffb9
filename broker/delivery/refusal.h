#ifndef PAVANE_DELIVERY_REFUSAL_H_
#define PAVANE_DELIVERY_REFUSAL_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "pavane/v1/errors.pb.h"

namespace pavane::delivery {

/// A status that carries a stable reason for clients, so that it survives the way through code that
/// knows only absl::Status.
absl::Status RefusedStatus(absl::StatusCode code, pavane::v1::Reason reason,
                           absl::string_view message);

/// The reason that RefusedStatus put in, or `otherwise`.
pavane::v1::Reason ReasonOf(const absl::Status& status, pavane::v1::Reason otherwise);

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_REFUSAL_H_
