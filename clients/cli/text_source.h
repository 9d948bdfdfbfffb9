// Texts that are given on the command line, in a file or on standard input.
#ifndef PAVANE_CLIENTS_CLI_TEXT_SOURCE_H_
#define PAVANE_CLIENTS_CLI_TEXT_SOURCE_H_

#include <istream>
#include <string>

#include "absl/status/statusor.h"

namespace pavane::cli {

// The whole of a file, or of `in` for `-`.
absl::StatusOr<std::string> ReadFile(const std::string& path, std::istream& in);

// `@PATH` is the content of that file, `-` or `@-` that of `in`; anything else is the text itself.
absl::StatusOr<std::string> ReadText(const std::string& argument, std::istream& in);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_TEXT_SOURCE_H_
