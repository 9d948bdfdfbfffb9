// Rules as written in YAML or JSON files.
#ifndef PAVANE_CLIENTS_CLI_RULE_FILE_H_
#define PAVANE_CLIENTS_CLI_RULE_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "clients/cli/json_value.h"
#include "pavane/admin/v1/rule.pb.h"

namespace pavane::cli {

// One rule, a list of rules, an object `rules:` with such a list, or several YAML documents of
// these. A rule has the fields of pavane.admin.v1.Rule, in snake_case or lowerCamelCase, and may be
// written shorter:
//   pattern        as YAML or JSON instead of text
//   state          enabled, disabled
//   durations      10m, 24h
//   start_position latest, earliest, a sequence, a time, 1h for an hour ago
//   targets        `service:NAME` alone for a target whose id is NAME
// Errors name the rule. Output-only fields pass, so what `rule get` prints can be put again.
absl::StatusOr<std::vector<pavane::admin::v1::Rule>> ParseRules(absl::string_view text);

// The target of `ID=ADDRESS`, or of an address alone, whose id is then made of its last part:
// `service:ticket` has the id `ticket`.
absl::StatusOr<pavane::admin::v1::Target> ParseTarget(absl::string_view text);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_RULE_FILE_H_
