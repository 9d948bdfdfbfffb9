#ifndef PAVANE_ADMIN_TARGET_CHECK_H_
#define PAVANE_ADMIN_TARGET_CHECK_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "pavane/admin/v1/rule.pb.h"

namespace pavane::admin {

/// Whether `address` is one that this version delivers to: `service:NAME`, `grpc://HOST:PORT`,
/// `grpc+unix:/PATH` or `bus:NAME`. The bus need not exist yet: an event that comes before it goes
/// to the dead letters as TARGET_MISSING. INVALID_TARGET, or Unimplemented for http targets.
absl::Status CheckTargetAddress(absl::string_view address);

/// Id, address and all policies of a target. INVALID_POLICY names the field and its bounds.
absl::Status CheckTarget(const pavane::admin::v1::Target& target);

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_TARGET_CHECK_H_
