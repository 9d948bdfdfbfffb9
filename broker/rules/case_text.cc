#include "rules/case_text.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

#include "rules/json_string.h"

namespace pavane::rules {
namespace {

struct CaseMapping {
  char32_t code_point;
  const char* lower;
  const char* upper;
};

// Sorted by code point. No character without a line here has a case, ASCII aside.
constexpr CaseMapping kMappings[] = {
#include "rules/case_table.inc"
};

std::pair<std::string, std::string> BothCases(char32_t code_point, absl::string_view spelling) {
  if (code_point < 0x80) {
    const char c = static_cast<char>(code_point);
    return {std::string(1, absl::ascii_tolower(c)), std::string(1, absl::ascii_toupper(c))};
  }
  const CaseMapping* mapping =
      std::lower_bound(std::begin(kMappings), std::end(kMappings), code_point,
                       [](const CaseMapping& m, char32_t code) { return m.code_point < code; });
  if (mapping == std::end(kMappings) || mapping->code_point != code_point) {
    return {std::string(spelling), std::string(spelling)};
  }
  return {mapping->lower, mapping->upper};
}

}  // namespace

CaseText::CaseText(absl::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const char* const begin = at;
    const char32_t code_point = NextCodePoint(&at);
    characters_.push_back(BothCases(code_point, absl::string_view(begin, at - begin)));
  }
}

// Neither mapping of a character begins or ends with the other (gen_case_table.py checks), so at
// most one of them fits at a place and there is nothing to try twice.

size_t CaseText::MatchForward(absl::string_view text) const {
  size_t taken = 0;
  for (const auto& [lower, upper] : characters_) {
    const absl::string_view rest = text.substr(taken);
    if (absl::StartsWith(rest, lower)) {
      taken += lower.size();
    } else if (absl::StartsWith(rest, upper)) {
      taken += upper.size();
    } else {
      return absl::string_view::npos;
    }
  }
  return taken;
}

bool CaseText::Equals(absl::string_view text) const { return MatchForward(text) == text.size(); }

bool CaseText::IsPrefixOf(absl::string_view text) const {
  return MatchForward(text) != absl::string_view::npos;
}

bool CaseText::IsSuffixOf(absl::string_view text) const {
  for (auto it = characters_.rbegin(); it != characters_.rend(); ++it) {
    if (absl::EndsWith(text, it->first)) {
      text.remove_suffix(it->first.size());
    } else if (absl::EndsWith(text, it->second)) {
      text.remove_suffix(it->second.size());
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace pavane::rules
