#include "rules/value_test_parser.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "base/status_macros.h"
#include "rules/number.h"
#include "rules/wildcard.h"

namespace pavane::rules {
namespace {

using Kind = ValueTest::Kind;
using NodeKind = JsonNode::Kind;

constexpr absl::string_view kTestsAllowed =
    "a string, a number, true, false, null or an object with one operator is allowed here";
constexpr absl::string_view kOperatorsAllowed =
    "allowed here: exactly, prefix, suffix, equals-ignore-case, wildcard, anything-but, numeric, "
    "cidr, exists";
constexpr absl::string_view kAnythingButAllowed =
    "allowed here: a string, a number, an array of strings or of numbers, or an object with one of "
    "prefix, suffix, equals-ignore-case, wildcard";
constexpr absl::string_view kNumericAllowed =
    "allowed here: \"=\" \"<\" \"<=\" \">\" \">=\" and a number, or a lower bound (\">\" or \">=\" "
    "and a number) followed by an upper one (\"<\" or \"<=\" and a number)";

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
    if (name == "exactly") return ParseText(Kind::kExactly, "exact", argument);
    if (name == "prefix") return ParseAffix(Kind::kPrefix, Kind::kPrefixIgnoreCase, name, argument);
    if (name == "suffix") return ParseAffix(Kind::kSuffix, Kind::kSuffixIgnoreCase, name, argument);
    if (name == "equals-ignore-case") return ParseText(Kind::kEqualsIgnoreCase, name, argument);
    if (name == "wildcard") return ParseWildcard(Kind::kWildcard, argument);
    if (name == "numeric") return ParseNumeric(argument);
    if (name == "cidr") return ParseCidr(argument);
    if (name == "exists") return ParseExists(argument);
    if (name == "anything-but") return ParseAnythingBut(argument);
    return source_.Error(member.name_offset, absl::StrCat("Unrecognized match type ", name),
                         kOperatorsAllowed);
  }

  absl::Status ParseText(Kind kind, absl::string_view what, const JsonNode& argument) {
    if (argument.kind != NodeKind::kString) {
      return source_.Error(argument.offset, absl::StrCat(what, " match pattern must be a string"),
                           "a string is allowed here");
    }
    Set(kind, argument);
    return absl::OkStatus();
  }

  absl::Status ParseAffix(Kind plain, Kind ignoring_case, absl::string_view name,
                          const JsonNode& argument) {
    if (argument.kind != NodeKind::kObject) {
      if (argument.kind == NodeKind::kString) return ParseText(plain, name, argument);
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
    RETURN_IF_ERROR(ParseText(ignoring_case, "equals-ignore-case", argument.members[0].value));
    if (argument.members.size() > 1) {
      return source_.Error(argument.members[1].name_offset,
                           "Only one key allowed in match expression", "'}' is allowed here");
    }
    return absl::OkStatus();
  }

  // The argument of wildcard, or one of those of anything-but wildcard.
  absl::Status ParseWildcard(Kind kind, const JsonNode& argument) {
    RETURN_IF_ERROR(ParseText(kind, "wildcard", argument));
    const absl::StatusOr<Wildcard> wildcard = Wildcard::Parse(argument.text);
    if (wildcard.ok()) return absl::OkStatus();
    return source_.Error(argument.offset, wildcard.status().message(),
                         "'*' may not follow '*', and '\\' must be followed by '*' or '\\'");
  }

  absl::Status ParseNumeric(const JsonNode& argument) {
    if (argument.kind != NodeKind::kArray) {
      return source_.Error(argument.offset, "Value of numeric must be an array.", kNumericAllowed);
    }
    test_.kind = Kind::kNumeric;
    const std::vector<JsonNode>& terms = argument.elements;
    if (terms.empty() || terms[0].kind != NodeKind::kString) {
      const JsonNode& wrong = terms.empty() ? argument : terms[0];
      return source_.Error(wrong.offset,
                           absl::StrCat("Invalid member in numeric match: ", Spelling(wrong)),
                           kNumericAllowed);
    }
    const std::string& first = terms[0].text;
    if (first != "=" && first != "<" && first != "<=" && first != ">" && first != ">=") {
      return source_.Error(terms[0].offset,
                           absl::StrCat("Unrecognized numeric range operator: ", first),
                           kNumericAllowed);
    }
    const std::string value_error =
        absl::StrCat("Value of ", first == "=" ? "equals" : first, " must be numeric");
    ASSIGN_OR_RETURN(const double value, ParseBound(argument, 1, value_error));
    if (first == "=") {
      test_.low = test_.high = {true, true, value};
      return EndNumeric(argument, 2, "Too many terms in numeric range expression");
    }
    if (first[0] == '<') {
      test_.high = {true, first.size() == 2, value};
      return EndNumeric(argument, 2, "Too many terms in numeric range expression");
    }
    test_.low = {true, first.size() == 2, value};
    if (terms.size() == 2) return absl::OkStatus();
    return ParseUpperBound(argument);
  }

  absl::Status ParseUpperBound(const JsonNode& argument) {
    const JsonNode& upper = argument.elements[2];
    if (upper.kind != NodeKind::kString || (upper.text != "<" && upper.text != "<=")) {
      return source_.Error(upper.offset,
                           absl::StrCat("Bad numeric range operator: ", Spelling(upper)),
                           "\"<\" or \"<=\" is allowed here");
    }
    ASSIGN_OR_RETURN(const double value, ParseBound(argument, 3, "Bad value in numeric range"));
    test_.high = {true, upper.text.size() == 2, value};
    RETURN_IF_ERROR(EndNumeric(argument, 4, "Too many terms in numeric range expression"));
    if (!(test_.low.value < value)) {
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
    if (term.kind != NodeKind::kNumber) {
      return source_.Error(term.offset, absl::StrCat(error, ": ", Spelling(term)),
                           "a number is allowed here");
    }
    return Comparable(term);
  }

  absl::StatusOr<double> Comparable(const JsonNode& number) {
    if (const std::optional<double> value = ComparableNumber(number.text)) return *value;
    return source_.Error(number.offset, absl::StrCat("Cannot compare number : ", number.text),
                         "only the shortest spelling of a 64-bit floating-point number can be "
                         "compared (at most 15 to 17 significant digits)");
  }

  absl::Status ParseCidr(const JsonNode& argument) {
    RETURN_IF_ERROR(ParseText(Kind::kCidr, "prefix", argument));
    const auto error = [&](absl::string_view message) {
      return source_.Error(argument.offset, message,
                           "allowed here: ADDRESS/BITS with an IPv4 address and 0 to 31 bits or an "
                           "IPv6 address and 0 to 127 bits");
    };
    const std::vector<std::string> halves = absl::StrSplit(argument.text, '/');
    if (halves.size() != 2 || halves[1].empty()) {
      return error("Malformed CIDR, one '/' required");
    }
    int bits = 0;
    if (!ParseBits(halves[1], &bits)) return error("Malformed CIDR, mask bits must be an integer");
    if (bits < 0) return error("Malformed CIDR, mask bits must not be negative");
    const std::optional<IpAddress> address = IpAddress::Parse(halves[0]);
    if (!address.has_value()) return error(absl::StrCat("Nonstandard IP address: ", halves[0]));
    if (address->is_v4 && bits > 31) return error("IPv4 mask bits must be < 32");
    if (!address->is_v4 && bits > 127) return error("IPv6 mask bits must be < 128");
    test_.block.address = *address;
    test_.block.bits = bits;
    for (int bit = bits; bit < 128; ++bit) {
      test_.block.address.bytes[bit / 8] &= static_cast<uint8_t>(~(0x80 >> (bit % 8)));
    }
    return absl::OkStatus();
  }

  // As Java reads an integer: a sign, then digits only.
  static bool ParseBits(absl::string_view text, int* bits) {
    const absl::string_view digits = text[0] == '+' || text[0] == '-' ? text.substr(1) : text;
    for (char c : digits) {
      if (c < '0' || c > '9') return false;
    }
    return !digits.empty() && absl::SimpleAtoi(text, bits);
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

  absl::Status ParseAnythingBut(const JsonNode& argument) {
    switch (argument.kind) {
      case NodeKind::kString:
        Set(Kind::kAnythingBut, argument);
        return absl::OkStatus();
      case NodeKind::kNumber:
        return AddNumber(argument);
      case NodeKind::kArray:
        return ParseAnythingButList(argument);
      case NodeKind::kObject:
        return ParseAnythingButObject(argument);
      case NodeKind::kLiteral:
        break;
    }
    return source_.Error(argument.offset,
                         "Value of anything-but must be an array or single string/number value.",
                         kAnythingButAllowed);
  }

  absl::Status AddNumber(const JsonNode& number) {
    test_.kind = Kind::kAnythingButNumber;
    ASSIGN_OR_RETURN(const double value, Comparable(number));
    test_.numbers.push_back(value);
    return absl::OkStatus();
  }

  absl::Status ParseAnythingButList(const JsonNode& list) {
    if (list.elements.empty()) {
      return source_.Error(list.offset, "Empty arrays are not allowed", kAnythingButAllowed);
    }
    for (const JsonNode& element : list.elements) {
      if (element.kind != NodeKind::kString && element.kind != NodeKind::kNumber) {
        return source_.Error(element.offset,
                             "Inside anything but list, start|null|boolean is not supported.",
                             "strings, or numbers, are allowed here");
      }
      if (element.kind != list.elements[0].kind) {
        return source_.Error(element.offset,
                             "Inside anything but list, either all values are number or string, "
                             "mixed type is not supported",
                             "strings, or numbers, are allowed here");
      }
      if (element.kind == NodeKind::kNumber) {
        RETURN_IF_ERROR(AddNumber(element));
      } else {
        Set(Kind::kAnythingBut, element);
      }
    }
    return absl::OkStatus();
  }

  absl::Status ParseAnythingButObject(const JsonNode& object) {
    if (object.members.empty()) {
      return source_.Error(object.offset, "Anything-But expression name not found",
                           kAnythingButAllowed);
    }
    RETURN_IF_ERROR(ParseAnythingButNamed(object.members[0]));
    if (object.members.size() > 1) {
      return source_.Error(object.members[1].name_offset,
                           "Only one key allowed in match expression", "'}' is allowed here");
    }
    return absl::OkStatus();
  }

  absl::Status ParseAnythingButNamed(const JsonMember& member) {
    const JsonNode& argument = member.value;
    if (member.name == "prefix") {
      return ParseAnythingButTexts(Kind::kAnythingButPrefix, member);
    }
    if (member.name == "suffix") {
      return ParseAnythingButTexts(Kind::kAnythingButSuffix, member);
    }
    if (member.name == "equals-ignore-case") {
      return ParseAnythingButTexts(Kind::kAnythingButIgnoreCase, member);
    }
    if (member.name == "wildcard" && dialect_ == Dialect::kCurrent) {
      return ParseAnythingButTexts(Kind::kAnythingButWildcard, member);
    }
    return source_.Error(argument.offset,
                         absl::StrCat("Unsupported anything-but pattern: ", member.name),
                         kAnythingButAllowed);
  }

  // One text or a list of them.
  absl::Status ParseAnythingButTexts(Kind kind, const JsonMember& member) {
    const JsonNode& argument = member.value;
    if (argument.kind != NodeKind::kArray) return AddAnythingButText(kind, member.name, argument);
    const bool affix = kind == Kind::kAnythingButPrefix || kind == Kind::kAnythingButSuffix;
    if (affix && dialect_ == Dialect::kLegacy) {
      return source_.Error(argument.offset, "prefix/suffix match pattern must be a string");
    }
    if (argument.elements.empty()) {
      return source_.Error(argument.offset, "Empty arrays are not allowed",
                           "one or more strings are allowed here");
    }
    for (const JsonNode& element : argument.elements) {
      RETURN_IF_ERROR(AddAnythingButText(kind, member.name, element));
    }
    return absl::OkStatus();
  }

  absl::Status AddAnythingButText(Kind kind, absl::string_view name, const JsonNode& argument) {
    const bool affix = kind == Kind::kAnythingButPrefix || kind == Kind::kAnythingButSuffix;
    if (argument.kind != NodeKind::kString) {
      return source_.Error(argument.offset,
                           affix
                               ? std::string("prefix/suffix match pattern must be a string")
                               : absl::StrCat("Inside anything-but/", name,
                                              " list, number|start|null|boolean is not supported."),
                           "a string or an array of strings is allowed here");
    }
    if (affix && argument.text.empty()) {
      return source_.Error(argument.offset, "Null prefix/suffix not allowed",
                           "a string that is not empty is allowed here");
    }
    if (kind == Kind::kAnythingButWildcard) return ParseWildcard(kind, argument);
    Set(kind, argument);
    return absl::OkStatus();
  }

  absl::string_view Spelling(const JsonNode& node) const {
    return source_.text().substr(node.offset, node.length);
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
