#ifndef PAVANE_RULES_PATTERN_TEXT_H_
#define PAVANE_RULES_PATTERN_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace pavane::rules {

/// What the errors say may stand in an array of tests.
inline constexpr absl::string_view kTestsAllowed =
    "a string, a number, true, false, null or an object with one operator is allowed here";

/// Whether a pattern has more than `characters_max` characters.
bool LongerThan(absl::string_view text, size_t characters_max);

/// Where the first character after `characters` of them stands, in bytes.
size_t Beyond(absl::string_view text, size_t characters);

/// The text of a pattern while it is being parsed; knows how to say where something is wrong.
class PatternText {
 public:
  explicit PatternText(absl::string_view text) : text_(text) {}

  absl::string_view text() const { return text_; }

  /// INVALID_PATTERN with `MESSAGE at line N column M`, then `; did you mean SUGGESTION?` and
  /// `; ALLOWED` unless they are empty. The same stands in the status' place (event::PlaceOf).
  /// Lines and columns count from 1, columns in characters.
  absl::Status Error(size_t offset, absl::string_view message, absl::string_view allowed = {},
                     const std::string& suggestion = {}) const;

 private:
  const absl::string_view text_;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_PATTERN_TEXT_H_
