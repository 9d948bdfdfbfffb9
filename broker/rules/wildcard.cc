#include "rules/wildcard.h"

#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace pavane::rules {

absl::StatusOr<Wildcard> Wildcard::Parse(absl::string_view text, Fault* fault) {
  const auto error = [fault](size_t offset, absl::string_view message, absl::string_view allowed) {
    if (fault != nullptr) *fault = {offset, allowed};
    return absl::InvalidArgumentError(message);
  };
  Wildcard wildcard;
  bool after_star = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '*') {
      if (after_star) {
        return error(i, "Consecutive wildcard characters", "'*' may not follow '*'");
      }
      if (wildcard.pieces_.size() > kStarsMax) {
        return error(i, absl::StrCat("More than ", kStarsMax, " wildcard characters"),
                     "another character is allowed here, or '\\\\*' for the star itself");
      }
      wildcard.pieces_.emplace_back();
      after_star = true;
      continue;
    }
    if (text[i] == '\\') {
      if (i + 1 == text.size() || (text[i + 1] != '*' && text[i + 1] != '\\')) {
        return error(i, "Invalid escape character", "'\\' must be followed by '*' or '\\'");
      }
      ++i;
    }
    wildcard.pieces_.back().push_back(text[i]);
    after_star = false;
  }
  return wildcard;
}

bool Wildcard::Matches(absl::string_view text) const {
  const std::string& first = pieces_.front();
  if (pieces_.size() == 1) return text == first;
  if (!absl::StartsWith(text, first)) return false;
  text.remove_prefix(first.size());
  const std::string& last = pieces_.back();
  if (!absl::EndsWith(text, last)) return false;
  text.remove_suffix(last.size());
  // The leftmost place for each piece leaves most for those after it.
  for (size_t i = 1; i + 1 < pieces_.size(); ++i) {
    const std::string& piece = pieces_[i];
    const void* found = memmem(text.data(), text.size(), piece.data(), piece.size());
    if (found == nullptr) return false;
    text.remove_prefix(static_cast<const char*>(found) - text.data() + piece.size());
  }
  return true;
}

}  // namespace pavane::rules
