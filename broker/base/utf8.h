#ifndef PAVANE_BASE_UTF8_H_
#define PAVANE_BASE_UTF8_H_

#include "absl/strings/string_view.h"

namespace pavane {

// Strict: no overlong forms, no surrogates, nothing above U+10FFFF. The empty text is valid.
bool IsValidUtf8(absl::string_view text);

}  // namespace pavane

#endif  // PAVANE_BASE_UTF8_H_
