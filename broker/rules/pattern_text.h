#ifndef PAVANE_RULES_PATTERN_TEXT_H_
#define PAVANE_RULES_PATTERN_TEXT_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace pavane::rules {

/// The text of a pattern while it is being parsed; knows how to say where something is wrong.
class PatternText {
 public:
  explicit PatternText(absl::string_view text) : text_(text) {}

  absl::string_view text() const { return text_; }

  /// InvalidArgument with `MESSAGE at line N column M`, and `; ALLOWED` unless that is empty.
  /// Lines and columns count from 1, columns in characters.
  absl::Status Error(size_t offset, absl::string_view message,
                     absl::string_view allowed = {}) const;

 private:
  const absl::string_view text_;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_PATTERN_TEXT_H_
