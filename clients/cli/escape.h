// Makes text of strangers safe to print on a terminal.
//
// Event data, names and error messages come from anybody. Printed raw they could move the cursor,
// retitle the window or hide text; so whatever steers a terminal is shown as an escape instead.
#ifndef PAVANE_CLIENTS_CLI_ESCAPE_H_
#define PAVANE_CLIENTS_CLI_ESCAPE_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace pavane::cli {

// Control characters (C0, DEL, C1), line and paragraph separators and bidirectional overrides
// become \n, \t, \r, \xNN or \u{NNNN}; bytes that are not UTF-8 become \xNN; a backslash stays as
// it is, so that JSON stays readable. The result is one line of valid UTF-8.
std::string EscapeForTerminal(absl::string_view text);

// Columns that `text`, which must be escaped, takes on a terminal: wide characters take two,
// combining ones none.
size_t DisplayWidth(absl::string_view text);

// The code point at text[0] and its length in bytes; length 0 when it is not valid UTF-8.
struct CodePoint {
  char32_t value;
  size_t length;
};
CodePoint DecodeUtf8(absl::string_view text);

// Whether all of `text` is UTF-8, as the texts of protobuf must be.
bool IsUtf8(absl::string_view text);

// Whether the code point steers a terminal or the direction of text.
bool IsTerminalControl(char32_t c);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_ESCAPE_H_
