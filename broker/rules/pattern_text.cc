#include "rules/pattern_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace pavane::rules {

absl::Status PatternText::Error(size_t offset, absl::string_view message,
                                absl::string_view allowed) const {
  const absl::string_view before = text_.substr(0, std::min(offset, text_.size()));
  const size_t line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t line_start =
      before.rfind('\n') == absl::string_view::npos ? 0 : before.rfind('\n') + 1;
  const absl::string_view in_line = before.substr(line_start);
  const size_t column =
      1 + std::count_if(in_line.begin(), in_line.end(), [](char c) { return (c & 0xc0) != 0x80; });
  return absl::InvalidArgumentError(absl::StrCat(message, " at line ", line, " column ", column,
                                                 allowed.empty() ? "" : "; ", allowed));
}

}  // namespace pavane::rules
