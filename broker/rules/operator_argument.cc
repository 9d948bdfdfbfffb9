#include "rules/operator_argument.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "base/status_macros.h"
#include "rules/json_string.h"
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
  Wildcard::Fault fault;
  const absl::StatusOr<Wildcard> wildcard = Wildcard::Parse(node.text, &fault);
  if (wildcard.ok()) return absl::OkStatus();
  return text.Error(OffsetOf(fault.offset), wildcard.status().message(), fault.allowed);
}

size_t OperatorArgument::OffsetOf(size_t meant) const {
  const absl::string_view raw = Spelling();
  // Half of a surrogate pair, whose second digit is one of `digits`.
  const auto is_half = [raw](size_t at, absl::string_view digits) {
    return absl::StartsWithIgnoreCase(raw.substr(at), "\\ud") && raw[at + 1] == 'u' &&
           absl::StrContains(digits, absl::ascii_tolower(raw[at + 3]));
  };
  size_t at = 1;  // behind the opening quote
  for (size_t seen = 0; seen < meant && at + 1 < raw.size();) {
    size_t length = 1;
    if (raw[at] == '\\') length = raw[at + 1] != 'u' ? 2 : 6;
    if (is_half(at, "89ab") && is_half(at + 6, "cdef")) length = 12;
    seen += Unescaped(raw.substr(at, length)).size();
    at += length;
  }
  return node.offset + at;
}

absl::StatusOr<double> OperatorArgument::Comparable() const {
  if (const std::optional<double> value = ComparableNumber(node.text)) return *value;
  return text.Error(node.offset, absl::StrCat("Cannot compare number : ", node.text),
                    "only the shortest spelling of a 64-bit floating-point number can be "
                    "compared (at most 15 to 17 significant digits)");
}

}  // namespace pavane::rules
