#include "rules/value_test_parser.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "base/edit_distance.h"
#include "base/status_macros.h"
#include "rules/anything_but_parser.h"
#include "rules/cidr_parser.h"
#include "rules/number.h"
#include "rules/numeric_parser.h"
#include "rules/operator_argument.h"

namespace pavane::rules {
namespace {

using Kind = ValueTest::Kind;
using NodeKind = JsonNode::Kind;

constexpr absl::string_view kOperatorsAllowed =
    "allowed here: exactly, prefix, suffix, equals-ignore-case, wildcard, anything-but, numeric, "
    "cidr, exists";

// The operator that somebody who wrote `name` probably meant; empty when none is near.
std::string OperatorMeantBy(absl::string_view name) {
  static const auto& kOperators = *new std::vector<std::string>{
      "exactly", "prefix", "suffix", "equals-ignore-case", "wildcard", "anything-but",
      "numeric", "cidr",   "exists"};
  // What other filter languages call them.
  static const auto& kElsewhere = *new absl::flat_hash_map<absl::string_view, absl::string_view>{
      {"equals", "exactly"},
      {"eq", "exactly"},
      {"starts-with", "prefix"},
      {"startswith", "prefix"},
      {"ends-with", "suffix"},
      {"endswith", "suffix"},
      {"contains", "wildcard"},
      {"like", "wildcard"},
      {"glob", "wildcard"},
      {"not", "anything-but"},
      {"not-equals", "anything-but"},
      {"not-in", "anything-but"},
      {"ignore-case", "equals-ignore-case"},
      {"iequals", "equals-ignore-case"},
      {"range", "numeric"},
      {"between", "numeric"},
      {"=", "numeric"},
      {"<", "numeric"},
      {"<=", "numeric"},
      {">", "numeric"},
      {">=", "numeric"},
      {"ip", "cidr"},
      {"ip-range", "cidr"},
      {"present", "exists"}};
  const std::string lower = absl::AsciiStrToLower(name);
  if (const auto found = kElsewhere.find(lower); found != kElsewhere.end()) {
    return std::string(found->second);
  }
  return NearestName(lower, kOperators).value_or("");
}

class ValueTestParser {
 public:
  ValueTestParser(const PatternText& source, Dialect dialect)
      : source_(source), dialect_(dialect) {}

  absl::StatusOr<ValueTest> Parse(const JsonNode& node) {
    test_.offset = node.offset;
    test_.length = node.length;
    RETURN_IF_ERROR(ParseAny(node));
    return std::move(test_);
  }

 private:
  absl::Status ParseAny(const JsonNode& node) {
    switch (node.kind) {
      case NodeKind::kString:
        ParseString(node);
        return absl::OkStatus();
      case NodeKind::kNumber:
        ParseNumber(node);
        return absl::OkStatus();
      case NodeKind::kLiteral:
        Set(Kind::kLiteral, node);
        return absl::OkStatus();
      case NodeKind::kObject:
        return ParseOperator(node);
      case NodeKind::kArray:
        break;
    }
    return source_.Error(node.offset, "Match value must be String, number, true, false, or null",
                         kTestsAllowed);
  }

  void Set(Kind kind, const JsonNode& node) {
    test_.kind = kind;
    test_.texts.push_back(node.text);
  }

  void ParseString(const JsonNode& node) {
    Set(Kind::kString, node);
    if (const std::optional<IpAddress> address = IpAddress::Parse(node.text)) {
      test_.is_address = true;
      test_.address = *address;
    }
  }

  void ParseNumber(const JsonNode& node) {
    Set(Kind::kNumber, node);
    if (const std::optional<double> value = ComparableNumber(node.text)) {
      test_.comparable = true;
      test_.low.value = *value;
    }
  }

  absl::Status ParseOperator(const JsonNode& node) {
    if (node.members.empty()) {
      return source_.Error(node.offset, "Match expression name not found", kOperatorsAllowed);
    }
    const JsonMember& member = node.members.front();
    RETURN_IF_ERROR(ParseNamed(member));
    if (node.members.size() > 1) {
      return source_.Error(node.members[1].name_offset, "Only one key allowed in match expression",
                           "'}' is allowed here");
    }
    return absl::OkStatus();
  }

  absl::Status ParseNamed(const JsonMember& member) {
    const std::string& name = member.name;
    const JsonNode& argument = member.value;
    if (name == "exactly") return Take(Kind::kExactly, "exact", argument);
    if (name == "prefix") return ParseAffix(Kind::kPrefix, Kind::kPrefixIgnoreCase, name, argument);
    if (name == "suffix") return ParseAffix(Kind::kSuffix, Kind::kSuffixIgnoreCase, name, argument);
    if (name == "equals-ignore-case") return Take(Kind::kEqualsIgnoreCase, name, argument);
    if (name == "wildcard")
      return OperatorArgument{source_, argument}.TakeWildcard(Kind::kWildcard, &test_);
    if (name == "numeric") return ParseNumeric(source_, argument, &test_);
    if (name == "cidr") return ParseCidr(source_, argument, &test_);
    if (name == "exists") return ParseExists(argument);
    if (name == "anything-but") return ParseAnythingBut(source_, argument, dialect_, &test_);
    return source_.Error(member.name_offset, absl::StrCat("Unrecognized match type ", name),
                         kOperatorsAllowed, OperatorMeantBy(name));
  }

  absl::Status Take(Kind kind, absl::string_view what, const JsonNode& argument) {
    return OperatorArgument{source_, argument}.TakeText(kind, what, &test_);
  }

  absl::Status ParseAffix(Kind plain, Kind ignoring_case, absl::string_view name,
                          const JsonNode& argument) {
    if (argument.kind != NodeKind::kObject) {
      if (argument.kind == NodeKind::kString) return Take(plain, name, argument);
      return source_.Error(argument.offset, absl::StrCat(name, " match pattern must be a string"),
                           "a string or {\"equals-ignore-case\": string} is allowed here");
    }
    if (argument.members.empty() || argument.members[0].name != "equals-ignore-case") {
      return source_.Error(
          argument.members.empty() ? argument.offset : argument.members[0].name_offset,
          absl::StrCat("Unsupported ", name,
                       " pattern: ", argument.members.empty() ? "{}" : argument.members[0].name),
          "equals-ignore-case is allowed here");
    }
    RETURN_IF_ERROR(Take(ignoring_case, "equals-ignore-case", argument.members[0].value));
    if (argument.members.size() > 1) {
      return source_.Error(argument.members[1].name_offset,
                           "Only one key allowed in match expression", "'}' is allowed here");
    }
    return absl::OkStatus();
  }

  absl::Status ParseExists(const JsonNode& argument) {
    if (argument.kind != NodeKind::kLiteral || argument.text == "null") {
      return source_.Error(argument.offset, "exists match pattern must be either true or false.",
                           "true or false is allowed here");
    }
    test_.kind = Kind::kExists;
    test_.exists = argument.text == "true";
    return absl::OkStatus();
  }

  const PatternText& source_;
  const Dialect dialect_;
  ValueTest test_;
};

}  // namespace

absl::StatusOr<ValueTest> ParseValueTest(const PatternText& text, const JsonNode& node,
                                         Dialect dialect) {
  return ValueTestParser(text, dialect).Parse(node);
}

}  // namespace pavane::rules
