// YAML as JSON.
#ifndef PAVANE_CLIENTS_CLI_YAML_READER_H_
#define PAVANE_CLIENTS_CLI_YAML_READER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "clients/cli/json_value.h"

namespace pavane::cli {

// Every document of the stream, by the core schema: plain `true`, `null` and JSON numbers are what
// they look like, everything quoted is a string. Numbers keep their spelling. Errors name the line.
absl::StatusOr<std::vector<JsonValue>> ParseYaml(absl::string_view text);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_YAML_READER_H_
