#ifndef PAVANE_EVENT_JSON_H_
#define PAVANE_EVENT_JSON_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pavane::event {

/// Readable bytes that must follow a JSON text in an EventView.
inline constexpr size_t kJsonPadding = 64;

/// Deepest nesting of objects and arrays that an event may have.
inline constexpr size_t kJsonDepthMax = 1000;

/// What ValidateJson learns on its way.
struct JsonShape {
  enum Top { kObject, kArray, kScalar };
  Top top = kScalar;
  /// No object has two members of the same name, and no name holds a dot: each path occurs once,
  /// arrays aside. See EventView.
  bool distinct_paths = false;
};

/// Checks that `text` is one strict JSON value (RFC 8259: no comments, no trailing commas, nothing
/// after the value but white space), in UTF-8, nested at most `depth_max` deep. Ingress calls it
/// once for every text; all that reads a text afterwards relies on it. `text` needs no padding.
/// Numbers of any size are accepted, and so are escapes of half a surrogate pair, which read as
/// that code point. Fails with InvalidArgument saying what is wrong and at which byte.
absl::StatusOr<JsonShape> ValidateJson(absl::string_view text, size_t depth_max = kJsonDepthMax);

}  // namespace pavane::event

#endif  // PAVANE_EVENT_JSON_H_
