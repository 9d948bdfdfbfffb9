#ifndef PAVANE_RULES_CASE_TEXT_H_
#define PAVANE_RULES_CASE_TEXT_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace pavane::rules {

/// A text of a pattern that is compared ignoring case: each of its characters accepts its full,
/// locale-free lower case or upper case mapping, of which either may be several characters, and
/// nothing else. `ß` accepts `ß` or `SS`; `SS` does not accept `ß`. The other text is not folded.
class CaseText {
 public:
  explicit CaseText(absl::string_view text);

  bool Equals(absl::string_view text) const;
  bool IsPrefixOf(absl::string_view text) const;
  bool IsSuffixOf(absl::string_view text) const;

  /// The two spellings that each character accepts. They are the same for one without case.
  const std::vector<std::pair<std::string, std::string>>& characters() const { return characters_; }

 private:
  /// Bytes of `text` from its start that the characters take; npos if they do not fit.
  size_t MatchForward(absl::string_view text) const;

  std::vector<std::pair<std::string, std::string>> characters_;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_CASE_TEXT_H_
