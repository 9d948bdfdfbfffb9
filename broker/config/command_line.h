// What the command line of pavaned says, before anything is judged.
#ifndef PAVANE_CONFIG_COMMAND_LINE_H_
#define PAVANE_CONFIG_COMMAND_LINE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace pavane::config {

struct CommandLine {
  std::string config_file;                                 // --config, empty if not given
  std::vector<std::pair<std::string, std::string>> flags;  // (key, text), each key once
  bool print_config = false;
  bool check_config = false;
  bool version = false;
  bool help = false;
};

// Each key is a flag of its name; '-' may stand for '_'. A few have a short form:
// --grpc-listen, --http-listen. A value follows `=` or is the next argument. Unknown flags are an
// error that names the nearest.
absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv);

// What --help prints.
std::string HelpText();

}  // namespace pavane::config

#endif  // PAVANE_CONFIG_COMMAND_LINE_H_
