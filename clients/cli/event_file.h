// Events in a file, as commands that test patterns take them.
#ifndef PAVANE_CLIENTS_CLI_EVENT_FILE_H_
#define PAVANE_CLIENTS_CLI_EVENT_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "clients/cli/json_value.h"

namespace pavane::cli {

// One JSON value, an array of them, or JSON lines. Empty lines are skipped; errors name line and
// column of the file.
absl::StatusOr<std::vector<JsonValue>> ParseEventFile(absl::string_view text);

// A CloudEvent in its JSON format, as opposed to an event as rules see it: one with `specversion`,
// or with `type` and data, and without what only rules see.
bool IsCloudEvent(const JsonValue& event);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_EVENT_FILE_H_
