#ifndef PAVANE_RULES_JSON_STRING_H_
#define PAVANE_RULES_JSON_STRING_H_

#include <string>

#include "absl/strings/string_view.h"

namespace pavane::rules {

/// Appends to `out` what the JSON string with the content `raw` (between the quotes, valid) means,
/// in UTF-8. An escaped half of a surrogate pair that has no other half becomes the three bytes of
/// its code point, so that it equals itself and nothing else.
void AppendUnescaped(absl::string_view raw, std::string* out);

/// The same as a new string.
std::string Unescaped(absl::string_view raw);

/// Appends `code_point` in UTF-8.
void AppendUtf8(char32_t code_point, std::string* out);

/// Reads the code point that begins at `*at` and moves `*at` behind it. The text is UTF-8 (halves
/// of surrogate pairs allowed) and not at its end.
char32_t NextCodePoint(const char** at);

/// Whether `a` comes before `b` when compared by UTF-16 code unit, as Java orders strings.
bool Utf16Less(absl::string_view a, absl::string_view b);

}  // namespace pavane::rules

#endif  // PAVANE_RULES_JSON_STRING_H_
