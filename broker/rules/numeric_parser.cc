#include "rules/numeric_parser.h"

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "base/status_macros.h"
#include "rules/operator_argument.h"

namespace pavane::rules {
namespace {

constexpr absl::string_view kAllowed =
    "allowed here: \"=\" \"<\" \"<=\" \">\" \">=\" and a number, or a lower bound (\">\" or \">=\" "
    "and a number) followed by an upper one (\"<\" or \"<=\" and a number)";

class NumericParser {
 public:
  NumericParser(const PatternText& source, ValueTest* test) : source_(source), test_(test) {}

  absl::Status Parse(const JsonNode& argument) {
    if (argument.kind != JsonNode::Kind::kArray) {
      return source_.Error(argument.offset, "Value of numeric must be an array.", kAllowed);
    }
    test_->kind = ValueTest::Kind::kNumeric;
    const std::vector<JsonNode>& terms = argument.elements;
    if (terms.empty() || terms[0].kind != JsonNode::Kind::kString) {
      const JsonNode& wrong = terms.empty() ? argument : terms[0];
      return source_.Error(
          wrong.offset,
          absl::StrCat("Invalid member in numeric match: ", Argument(wrong).Spelling()), kAllowed);
    }
    const std::string& first = terms[0].text;
    if (first != "=" && first != "<" && first != "<=" && first != ">" && first != ">=") {
      return source_.Error(terms[0].offset,
                           absl::StrCat("Unrecognized numeric range operator: ", first), kAllowed);
    }
    const std::string value_error =
        absl::StrCat("Value of ", first == "=" ? "equals" : first, " must be numeric");
    ASSIGN_OR_RETURN(const double value, ParseBound(argument, 1, value_error));
    if (first == "=") {
      test_->low = test_->high = {true, true, value};
      return EndNumeric(argument, 2, "Too many terms in numeric range expression");
    }
    if (first[0] == '<') {
      test_->high = {true, first.size() == 2, value};
      return EndNumeric(argument, 2, "Too many terms in numeric range expression");
    }
    test_->low = {true, first.size() == 2, value};
    if (terms.size() == 2) return absl::OkStatus();
    return ParseUpper(argument);
  }

 private:
  absl::Status ParseUpper(const JsonNode& argument) {
    const JsonNode& upper = argument.elements[2];
    if (upper.kind != JsonNode::Kind::kString || (upper.text != "<" && upper.text != "<=")) {
      return source_.Error(upper.offset,
                           absl::StrCat("Bad numeric range operator: ", Argument(upper).Spelling()),
                           "\"<\" or \"<=\" is allowed here");
    }
    ASSIGN_OR_RETURN(const double value, ParseBound(argument, 3, "Bad value in numeric range"));
    test_->high = {true, upper.text.size() == 2, value};
    RETURN_IF_ERROR(EndNumeric(argument, 4, "Too many terms in numeric range expression"));
    if (!(test_->low.value < value)) {
      return source_.Error(argument.offset, "Bottom must be less than top",
                           "the lower bound must be less than the upper one");
    }
    return absl::OkStatus();
  }

  absl::Status EndNumeric(const JsonNode& argument, size_t size, absl::string_view error) {
    if (argument.elements.size() <= size) return absl::OkStatus();
    return source_.Error(argument.elements[size].offset, error, "']' is allowed here");
  }

  absl::StatusOr<double> ParseBound(const JsonNode& argument, size_t index,
                                    absl::string_view error) {
    if (index >= argument.elements.size()) {
      return source_.Error(argument.offset + argument.length - 1, error,
                           "a number is allowed here");
    }
    const JsonNode& term = argument.elements[index];
    if (term.kind != JsonNode::Kind::kNumber) {
      return source_.Error(term.offset, absl::StrCat(error, ": ", Argument(term).Spelling()),
                           "a number is allowed here");
    }
    return Argument(term).Comparable();
  }

  OperatorArgument Argument(const JsonNode& node) const { return {source_, node}; }

  const PatternText& source_;
  ValueTest* const test_;
};

}  // namespace

absl::Status ParseNumeric(const PatternText& text, const JsonNode& argument, ValueTest* test) {
  return NumericParser(text, test).Parse(argument);
}

}  // namespace pavane::rules
