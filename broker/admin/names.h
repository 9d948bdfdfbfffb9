// Names and bounds that people choose, checked before anything reaches the writer. Refusals carry
// their reason (event/reason.h). Nothing may be called `_other`, under which the metrics sum.
#ifndef PAVANE_ADMIN_NAMES_H_
#define PAVANE_ADMIN_NAMES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace pavane::admin {

/// Letters, digits, `.`, `_`, `-`; at most 256 bytes.
absl::Status CheckBusName(absl::string_view name);
/// The same and `/`; at most 256 bytes.
absl::Status CheckRuleName(absl::string_view name);
/// Letters, digits, `.`, `_`, `-`; at most 64 bytes.
absl::Status CheckTargetId(absl::string_view id);
/// Letters, digits, `.`, `_`, `-`; at most 128 bytes.
absl::Status CheckServiceName(absl::string_view name);
/// Name of a rule within its service; at most 80 bytes, so that the whole name fits.
absl::Status CheckServiceRuleName(absl::string_view name);
/// For people, at most 512 bytes.
absl::Status CheckDescription(absl::string_view text);

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_NAMES_H_
