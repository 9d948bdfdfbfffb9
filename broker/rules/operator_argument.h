#ifndef PAVANE_RULES_OPERATOR_ARGUMENT_H_
#define PAVANE_RULES_OPERATOR_ARGUMENT_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "rules/json_tree.h"
#include "rules/pattern_text.h"
#include "rules/value_test.h"

namespace pavane::rules {

/// The argument of an operator, where it is one plain value: `"a"` in `{"prefix": "a"}`.
/// `text` is what the node was read from.
struct OperatorArgument {
  const PatternText& text;
  const JsonNode& node;

  /// Makes `test` one of `kind` and adds the string to its texts; refuses what is no string.
  /// `what` is the operator's name in the message.
  absl::Status TakeText(ValueTest::Kind kind, absl::string_view what, ValueTest* test) const;

  /// The same for a wildcard, whose syntax is checked.
  absl::Status TakeWildcard(ValueTest::Kind kind, ValueTest* test) const;

  /// The number that a JSON number stands for; refuses one that is not comparable.
  absl::StatusOr<double> Comparable() const;

  /// Where, in the text of the pattern, the byte `meant` of the string argument stands.
  size_t OffsetOf(size_t meant) const;

  /// The argument as it is written.
  absl::string_view Spelling() const { return text.text().substr(node.offset, node.length); }
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_OPERATOR_ARGUMENT_H_
