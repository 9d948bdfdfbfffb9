#include "rules/anything_but_parser.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "base/status_macros.h"
#include "rules/operator_argument.h"

namespace pavane::rules {
namespace {

using Kind = ValueTest::Kind;
using NodeKind = JsonNode::Kind;

constexpr absl::string_view kAllowed =
    "allowed here: a string, a number, an array of strings or of numbers, or an object with one of "
    "prefix, suffix, equals-ignore-case, wildcard";

class AnythingButParser {
 public:
  AnythingButParser(const PatternText& source, Dialect dialect, ValueTest* test)
      : source_(source), dialect_(dialect), test_(test) {}

  absl::Status Parse(const JsonNode& argument) {
    switch (argument.kind) {
      case NodeKind::kString:
        Set(Kind::kAnythingBut, argument);
        return absl::OkStatus();
      case NodeKind::kNumber:
        return AddNumber(argument);
      case NodeKind::kArray:
        return ParseList(argument);
      case NodeKind::kObject:
        return ParseObject(argument);
      case NodeKind::kLiteral:
        break;
    }
    return source_.Error(argument.offset,
                         "Value of anything-but must be an array or single string/number value.",
                         kAllowed);
  }

 private:
  absl::Status AddNumber(const JsonNode& number) {
    test_->kind = Kind::kAnythingButNumber;
    const OperatorArgument operand = {source_, number};
    ASSIGN_OR_RETURN(const double value, operand.Comparable());
    test_->numbers.push_back(value);
    return absl::OkStatus();
  }

  absl::Status ParseList(const JsonNode& list) {
    if (list.elements.empty()) {
      return source_.Error(list.offset, "Empty arrays are not allowed", kAllowed);
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

  absl::Status ParseObject(const JsonNode& object) {
    if (object.members.empty()) {
      return source_.Error(object.offset, "Anything-But expression name not found", kAllowed);
    }
    RETURN_IF_ERROR(ParseNamed(object.members[0]));
    if (object.members.size() > 1) {
      return source_.Error(object.members[1].name_offset,
                           "Only one key allowed in match expression", "'}' is allowed here");
    }
    return absl::OkStatus();
  }

  absl::Status ParseNamed(const JsonMember& member) {
    const JsonNode& argument = member.value;
    if (member.name == "prefix") {
      return ParseTexts(Kind::kAnythingButPrefix, member);
    }
    if (member.name == "suffix") {
      return ParseTexts(Kind::kAnythingButSuffix, member);
    }
    if (member.name == "equals-ignore-case") {
      return ParseTexts(Kind::kAnythingButIgnoreCase, member);
    }
    if (member.name == "wildcard" && dialect_ == Dialect::kCurrent) {
      return ParseTexts(Kind::kAnythingButWildcard, member);
    }
    return source_.Error(argument.offset,
                         absl::StrCat("Unsupported anything-but pattern: ", member.name), kAllowed);
  }

  // One text or a list of them.
  absl::Status ParseTexts(Kind kind, const JsonMember& member) {
    const JsonNode& argument = member.value;
    if (argument.kind != NodeKind::kArray) return AddText(kind, member.name, argument);
    const bool affix = kind == Kind::kAnythingButPrefix || kind == Kind::kAnythingButSuffix;
    if (affix && dialect_ == Dialect::kLegacy) {
      return source_.Error(argument.offset, "prefix/suffix match pattern must be a string",
                           "a string is allowed here");
    }
    if (argument.elements.empty()) {
      return source_.Error(argument.offset, "Empty arrays are not allowed",
                           "one or more strings are allowed here");
    }
    for (const JsonNode& element : argument.elements) {
      RETURN_IF_ERROR(AddText(kind, member.name, element));
    }
    return absl::OkStatus();
  }

  absl::Status AddText(Kind kind, absl::string_view name, const JsonNode& argument) {
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
    if (kind == Kind::kAnythingButWildcard) {
      const OperatorArgument operand = {source_, argument};
      return operand.TakeWildcard(kind, test_);
    }
    Set(kind, argument);
    return absl::OkStatus();
  }

  void Set(Kind kind, const JsonNode& node) {
    test_->kind = kind;
    test_->texts.push_back(node.text);
  }

  const PatternText& source_;
  const Dialect dialect_;
  ValueTest* const test_;
};

}  // namespace

absl::Status ParseAnythingBut(const PatternText& text, const JsonNode& argument, Dialect dialect,
                              ValueTest* test) {
  return AnythingButParser(text, dialect, test).Parse(argument);
}

}  // namespace pavane::rules
