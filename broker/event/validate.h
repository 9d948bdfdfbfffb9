#ifndef PAVANE_EVENT_VALIDATE_H_
#define PAVANE_EVENT_VALIDATE_H_

#include <cstddef>

#include "absl/status/statusor.h"

#include "event/attributes.h"

namespace pavane::event {

/// Longest id, source, type, subject and correlation id: the broker copies them into its records.
inline constexpr size_t kIdentityBytesMax = 1024;
/// Most attributes beside the required ones.
inline constexpr int kAttributesMax = 128;
/// Longest name of an attribute.
inline constexpr size_t kAttributeNameBytesMax = 64;

struct ValidateOptions {
  size_t bytes_max = 1 << 20;  // of the serialized event
  bool id_required = true;     // an emit may leave it to the broker
};

/// What rules can see of the data.
struct DataShape {
  /// The data is a JSON object: it is visible as `detail`.
  bool has_detail = false;
  /// See EventView.
  bool distinct_paths = false;
};

/// Whether `event` may come in: required attributes, names and types of attributes, UTF-8 without
/// control characters in them, JSON that says it is JSON, size. Done once, at the door; all later
/// readers rely on it. A refusal carries its reason (event/reason.h) and says what to do.
absl::StatusOr<DataShape> Validate(const CloudEvent& event, const ValidateOptions& options);

}  // namespace pavane::event

#endif  // PAVANE_EVENT_VALIDATE_H_
