// The table of all configuration keys: the one place that names them. The file, the environment,
// the flags, --print-config and docs/configuration.md follow from it.
#ifndef PAVANE_CONFIG_KEYS_H_
#define PAVANE_CONFIG_KEYS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "config/config.h"
#include "config/field.h"

namespace pavane::config {

struct Key {
  absl::string_view name;  // "limits.event_bytes_max"
  absl::string_view help;  // one sentence
  Field (*field)(Config&);

  // The part before the dot, empty if there is none.
  absl::string_view section() const;
  // "PAVANE_LIMITS__EVENT_BYTES_MAX"
  std::string variable() const;
};

// Keys of one section stand together.
absl::Span<const Key> Keys();

// The key of that name, or null.
const Key* FindKey(absl::string_view name);
bool IsSection(absl::string_view name);

// The key, or of a name without a dot the section, that was probably meant; nothing if none is
// near.
std::optional<std::string> NearestKey(absl::string_view name);

}  // namespace pavane::config

#endif  // PAVANE_CONFIG_KEYS_H_
