// The name of a target on the command line: BUS/RULE/TARGET.
#ifndef PAVANE_CLIENTS_CLI_TARGET_NAME_H_
#define PAVANE_CLIENTS_CLI_TARGET_NAME_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pavane::cli {

// Bus and target have no slash; the rule may (`ticket/on-seat`).
struct TargetName {
  std::string bus;
  std::string rule;
  std::string target;
};

absl::StatusOr<TargetName> ParseTargetName(absl::string_view text);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_TARGET_NAME_H_
