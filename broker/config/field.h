// A typed view of one member of a Config: what the table of keys is made of.
#ifndef PAVANE_CONFIG_FIELD_H_
#define PAVANE_CONFIG_FIELD_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "config/config.h"

namespace pavane::config {

// Each points into the Config it was taken from. Bounds are inclusive.
struct IntegerField {
  uint64_t* value;
  uint64_t min, max;
};
struct SizeField {
  uint64_t* value;
  uint64_t min, max;
};
struct NumberField {
  double* value;
  double min, max;
};
struct DurationField {
  absl::Duration* value;
  absl::Duration min, max;
};

using Field =
    std::variant<bool*, std::string*, std::vector<std::string>*, Durability*, LogLevel*, LogFormat*,
                 IntegerField, SizeField, NumberField, DurationField, std::vector<PluginConfig>*>;

// Reads `text` into the field. Lists are separated by commas, plugins are YAML. An error says what
// was expected; the field is then unchanged.
absl::Status SetField(const Field& field, absl::string_view text);

// The value as SetField reads it.
std::string FormatField(const Field& field);

// "integer, 1 to 65536", "fsync or os": for the documentation and error messages.
std::string DescribeField(const Field& field);

}  // namespace pavane::config

#endif  // PAVANE_CONFIG_FIELD_H_
