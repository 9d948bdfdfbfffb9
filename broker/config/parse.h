// From the command line to a Config: the front door of this folder.
#ifndef PAVANE_CONFIG_PARSE_H_
#define PAVANE_CONFIG_PARSE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "config/config.h"

namespace pavane::config {

enum class Action {
  kRun,
  kPrint,         // print `output` and exit 0: --help, --print-config, --check-config
  kPrintVersion,  // only the caller knows it
};

struct ParsedConfig {
  Action action = Action::kRun;
  std::string output;  // ends with a newline
  Config config;
  std::vector<std::string> warnings;  // for the log
};

// Flags win over the environment, that over the file named by --config or PAVANE_CONFIG, that over
// the defaults. The result is validated. An error's message is complete: the caller prints it and
// exits with 64. `environment` is `environ`.
absl::StatusOr<ParsedConfig> ParseConfig(int argc, const char* const* argv,
                                         const char* const* environment);

}  // namespace pavane::config

#endif  // PAVANE_CONFIG_PARSE_H_
