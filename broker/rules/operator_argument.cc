#include "rules/operator_argument.h"

#include <optional>

#include "absl/strings/str_cat.h"

#include "base/status_macros.h"
#include "rules/number.h"
#include "rules/wildcard.h"

namespace pavane::rules {

absl::Status OperatorArgument::TakeText(ValueTest::Kind kind, absl::string_view what,
                                        ValueTest* test) const {
  if (node.kind != JsonNode::Kind::kString) {
    return text.Error(node.offset, absl::StrCat(what, " match pattern must be a string"),
                      "a string is allowed here");
  }
  test->kind = kind;
  test->texts.push_back(node.text);
  return absl::OkStatus();
}

absl::Status OperatorArgument::TakeWildcard(ValueTest::Kind kind, ValueTest* test) const {
  RETURN_IF_ERROR(TakeText(kind, "wildcard", test));
  const absl::StatusOr<Wildcard> wildcard = Wildcard::Parse(node.text);
  if (wildcard.ok()) return absl::OkStatus();
  return text.Error(node.offset, wildcard.status().message(),
                    "'*' may not follow '*', and '\\' must be followed by '*' or '\\'");
}

absl::StatusOr<double> OperatorArgument::Comparable() const {
  if (const std::optional<double> value = ComparableNumber(node.text)) return *value;
  return text.Error(node.offset, absl::StrCat("Cannot compare number : ", node.text),
                    "only the shortest spelling of a 64-bit floating-point number can be "
                    "compared (at most 15 to 17 significant digits)");
}

}  // namespace pavane::rules
