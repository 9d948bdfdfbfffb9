// How the CLI reports failure: a status that main() turns into one line on stderr and an exit code.
#ifndef PAVANE_CLIENTS_CLI_STATUS_H_
#define PAVANE_CLIENTS_CLI_STATUS_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "pavane/v1/errors.pb.h"

namespace pavane::cli {

// Exit codes, documented in docs/cli.md; scripts depend on them.
enum ExitCode {
  kExitOk = 0,
  // The broker refused, a file could not be read, an item of a batch failed.
  kExitFailure = 1,
  // The command line is wrong.
  kExitUsage = 2,
  // The named bus, rule, event or dead letter does not exist.
  kExitNotFound = 3,
  // No broker answers, or it is stopping, not serving or too slow.
  kExitUnavailable = 4,
  // The reader of the output is gone: as if SIGPIPE had ended the program.
  kExitReaderGone = 141,
};

// A mistake in the command line itself, as opposed to an INVALID_ARGUMENT of the broker.
absl::Status UsageError(absl::string_view message);

// The same status with "; HINT" after its message. An OK status stays OK.
absl::Status WithHint(const absl::Status& status, absl::string_view hint);

// "CONTEXT: MESSAGE", same code and kind.
absl::Status InContext(const absl::Status& status, absl::string_view context);

// A refusal of the broker: "REASON: MESSAGE".
absl::Status RefusedBecause(absl::StatusCode code, pavane::v1::Reason reason,
                            absl::string_view message);

// The same, with the place in a text that the error points at.
absl::Status RefusedBecause(const pavane::v1::Error& error);

// The line that a refusal points at with a caret below, two lines of text for a terminal; empty
// when it points nowhere.
std::string PlaceText(const absl::Status& status);

// The broker's reason, REASON_UNSPECIFIED when it gave none.
pavane::v1::Reason ReasonOf(const absl::Status& status);

ExitCode ExitCodeOf(const absl::Status& status);

}  // namespace pavane::cli

#define CLI_CONCAT_INNER(a, b) a##b
#define CLI_CONCAT(a, b) CLI_CONCAT_INNER(a, b)

#define CLI_RETURN_IF_ERROR(expression)      \
  do {                                       \
    absl::Status cli_status = (expression);  \
    if (!cli_status.ok()) return cli_status; \
  } while (false)

#define CLI_ASSIGN_OR_RETURN(left, ...) \
  CLI_ASSIGN_OR_RETURN_INNER(CLI_CONCAT(cli_status_or_, __LINE__), left, __VA_ARGS__)

#define CLI_ASSIGN_OR_RETURN_INNER(status_or, left, ...) \
  auto status_or = (__VA_ARGS__);                        \
  if (!status_or.ok()) return status_or.status();        \
  left = *std::move(status_or)

#endif  // PAVANE_CLIENTS_CLI_STATUS_H_
