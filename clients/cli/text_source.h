// Texts that are given on the command line, in a file or on standard input.
#ifndef PAVANE_CLIENTS_CLI_TEXT_SOURCE_H_
#define PAVANE_CLIENTS_CLI_TEXT_SOURCE_H_

#include <cstddef>
#include <istream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pavane::cli {

// Longest text taken, and longest line: the largest event that any broker can be set to take.
constexpr size_t kTextBytesMax = size_t{64} << 20;

// The whole of a file, or of `in` for `-`.
absl::StatusOr<std::string> ReadFile(const std::string& path, std::istream& in);

// `@PATH` is the content of that file, `-` or `@-` that of `in`; anything else is the text itself.
absl::StatusOr<std::string> ReadText(const std::string& argument, std::istream& in);

// The same for a pattern, which must be UTF-8; the error names line and column. Protobuf would
// refuse it without a place, and print a line of its own.
absl::StatusOr<std::string> ReadPattern(const std::string& argument, std::istream& in);

// Whether an argument of ReadText stands for standard input.
bool IsStandardInput(absl::string_view argument);

// Reads a line without its end; false at the end of the input. After an error nothing more can be
// read.
absl::StatusOr<bool> ReadLine(std::istream& in, std::string* line);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_TEXT_SOURCE_H_
