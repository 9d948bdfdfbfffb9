// Which dead letters a command is about.
#ifndef PAVANE_CLIENTS_CLI_DEAD_LETTER_FILTER_H_
#define PAVANE_CLIENTS_CLI_DEAD_LETTER_FILTER_H_

#include <optional>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "pavane/admin/v1/dead_letter.pb.h"

namespace pavane::cli {

// The filter's fields as options; those given are and-ed.
struct DeadLetterFilterOptions {
  std::string bus;
  std::string rule;
  std::string target;
  std::string target_address;
  std::string error_code;
  std::string reason;
  std::string event_type;
  std::string correlation_id;
  std::optional<absl::Time> since;
  std::optional<absl::Time> until;

  // No option was given.
  bool empty() const;
  pavane::admin::v1::DeadLetterFilter ToProto() const;
};

void AddFilterOptions(CLI::App* command, DeadLetterFilterOptions* options);

// `rejected`, `retries-exhausted`, `RETRIES_EXHAUSTED`, ...
absl::StatusOr<pavane::admin::v1::FailureReason> ParseFailureReason(absl::string_view text);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_DEAD_LETTER_FILTER_H_
