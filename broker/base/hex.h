// Bytes as lower-case hexadecimal digits, and back.
#ifndef PAVANE_BASE_HEX_H_
#define PAVANE_BASE_HEX_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace pavane {

std::string ToHex(absl::string_view bytes);

// Either case; nothing if the length is odd or a character is not a digit.
std::optional<std::string> FromHex(absl::string_view digits);

// 0..15, or -1 if it is not a hexadecimal digit.
int HexDigit(char c);

}  // namespace pavane

#endif  // PAVANE_BASE_HEX_H_
