#include "rules/json_tree.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "simdjson.h"

#include "base/status_macros.h"
#include "rules/json_string.h"

namespace pavane::rules {
namespace {

constexpr char32_t kByteOrderMark = 0xfeff;

// What a value is in a pattern: tells what may stand there.
enum class Role : uint8_t { kPattern, kMember, kBranches, kBranch, kTest, kArgument };

absl::string_view AllowedAs(Role role) {
  switch (role) {
    case Role::kPattern:
      return "a JSON object is allowed here";
    case Role::kMember:
      return "an array of tests, or an object of fields, is allowed here";
    case Role::kBranches:
      return "an array of at least two objects is allowed here";
    case Role::kBranch:
      return "an object of fields is allowed here";
    case Role::kTest:
      return kTestsAllowed;
    case Role::kArgument:
      break;
  }
  return "a JSON value is allowed here";
}

// The role of a member of an object.
Role InObject(Role object, absl::string_view name) {
  if (object == Role::kTest || object == Role::kArgument) return Role::kArgument;
  return name == "$or" ? Role::kBranches : Role::kMember;
}

// The role of an element of an array.
Role InArray(Role array) {
  if (array == Role::kMember) return Role::kTest;
  return array == Role::kBranches ? Role::kBranch : Role::kArgument;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// Bytes before the first that cannot belong to UTF-8.
size_t ValidPrefix(absl::string_view text) {
  size_t valid = 0;
  while (valid < text.size()) {
    size_t end = valid + 1;
    while (end < text.size() && (text[end] & 0xc0) == 0x80) ++end;
    if (!simdjson::validate_utf8(text.data() + valid, end - valid)) break;
    valid = end;
  }
  return valid;
}

class TreeReader {
 public:
  TreeReader(const PatternText& source, size_t depth_max)
      : source_(source), text_(source.text()), depth_max_(depth_max) {}

  absl::StatusOr<JsonNode> Read() {
    JsonNode root;
    SkipSpace();
    RETURN_IF_ERROR(ReadValue(Role::kPattern, &root));
    SkipSpace();
    if (at_ != text_.size()) {
      return source_.Error(at_, "Unexpected text after the pattern", "nothing may follow its end");
    }
    return root;
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void SkipSpace() {
    while (Peek() == ' ' || Peek() == '\t' || Peek() == '\n' || Peek() == '\r') ++at_;
  }

  absl::Status Unexpected(absl::string_view allowed) const {
    if (at_ >= text_.size()) return source_.Error(at_, "Unexpected end of the pattern", allowed);
    if (static_cast<unsigned char>(text_[at_]) < 0x20) {
      return source_.Error(at_, "Unexpected control character", allowed);
    }
    const char* end = text_.data() + at_;
    if (NextCodePoint(&end) == kByteOrderMark) {
      return source_.Error(at_, "Unexpected character U+FEFF (a byte order mark)", allowed);
    }
    return source_.Error(
        at_,
        absl::StrCat("Unexpected character '", text_.substr(at_, end - text_.data() - at_), "'"),
        allowed);
  }

  absl::Status ReadValue(Role role, JsonNode* node) {
    node->offset = at_;
    absl::Status status;
    switch (Peek()) {
      case '{':
        status = ReadObject(role, node);
        break;
      case '[':
        status = ReadArray(role, node);
        break;
      case '"':
        node->kind = JsonNode::Kind::kString;
        status = ReadString(&node->text);
        break;
      default:
        status = ReadScalar(role, node);
    }
    node->length = at_ - node->offset;
    return status;
  }

  absl::Status Enter() {
    if (++depth_ > depth_max_) {
      return source_.Error(at_, absl::StrCat("Nested deeper than ", depth_max_, " levels"),
                           "a value that is no object and no array is allowed here");
    }
    ++at_;
    SkipSpace();
    return absl::OkStatus();
  }

  absl::Status ReadObject(Role role, JsonNode* node) {
    node->kind = JsonNode::Kind::kObject;
    RETURN_IF_ERROR(Enter());
    if (Peek() == '}') return Leave();
    while (true) {
      JsonMember& member = node->members.emplace_back();
      member.name_offset = at_;
      if (Peek() != '"') return Unexpected("a name in double quotes is allowed here");
      RETURN_IF_ERROR(ReadString(&member.name));
      SkipSpace();
      if (Peek() != ':') return Unexpected("a colon is allowed here");
      ++at_;
      SkipSpace();
      RETURN_IF_ERROR(ReadValue(InObject(role, member.name), &member.value));
      SkipSpace();
      if (Peek() == '}') return Leave();
      if (Peek() != ',') return Unexpected("a comma or '}' is allowed here");
      ++at_;
      SkipSpace();
    }
  }

  absl::Status ReadArray(Role role, JsonNode* node) {
    node->kind = JsonNode::Kind::kArray;
    RETURN_IF_ERROR(Enter());
    if (Peek() == ']') return Leave();
    while (true) {
      RETURN_IF_ERROR(ReadValue(InArray(role), &node->elements.emplace_back()));
      SkipSpace();
      if (Peek() == ']') return Leave();
      if (Peek() != ',') return Unexpected("a comma or ']' is allowed here");
      ++at_;
      SkipSpace();
    }
  }

  absl::Status Leave() {
    --depth_;
    ++at_;
    return absl::OkStatus();
  }

  absl::Status ReadString(std::string* out) {
    const size_t begin = ++at_;
    while (Peek() != '"') {
      if (at_ >= text_.size() || static_cast<unsigned char>(Peek()) < 0x20) {
        return Unexpected(at_ >= text_.size() ? "a closing '\"' is missing"
                                              : "it must be escaped inside a string");
      }
      if (Peek() == '\\') {
        RETURN_IF_ERROR(SkipEscape());
      } else {
        ++at_;
      }
    }
    AppendUnescaped(text_.substr(begin, at_ - begin), out);
    ++at_;
    return absl::OkStatus();
  }

  absl::Status SkipEscape() {
    ++at_;
    if (Peek() == 'u') {
      for (int i = 0; i < 4; ++i) {
        ++at_;
        if (!IsHex(Peek())) return Unexpected("four hexadecimal digits must follow '\\u'");
      }
    } else if (Peek() == '\0' || !absl::StrContains("\"\\/bfnrt", Peek())) {
      return Unexpected("'\"', '\\', '/', 'b', 'f', 'n', 'r', 't' or 'u' may follow '\\'");
    }
    ++at_;
    return absl::OkStatus();
  }

  absl::Status ReadScalar(Role role, JsonNode* node) {
    for (absl::string_view literal : {"true", "false", "null"}) {
      if (absl::StartsWith(text_.substr(at_), literal)) {
        node->kind = JsonNode::Kind::kLiteral;
        node->text = std::string(literal);
        at_ += literal.size();
        return absl::OkStatus();
      }
    }
    if (!IsDigit(Peek()) && Peek() != '-') {
      return Unexpected(AllowedAs(role));
    }
    node->kind = JsonNode::Kind::kNumber;
    const size_t begin = at_;
    RETURN_IF_ERROR(SkipNumber());
    node->text = std::string(text_.substr(begin, at_ - begin));
    return absl::OkStatus();
  }

  absl::Status SkipNumber() {
    if (Peek() == '-') ++at_;
    if (Peek() == '0' && at_ + 1 < text_.size() && IsDigit(text_[at_ + 1])) {
      return source_.Error(at_, "A number may not begin with 0",
                           "0 alone, or a number that begins with 1 to 9, is allowed here");
    }
    RETURN_IF_ERROR(SkipDigits());
    if (Peek() == '.') {
      ++at_;
      RETURN_IF_ERROR(SkipDigits());
    }
    if (Peek() == 'e' || Peek() == 'E') {
      ++at_;
      if (Peek() == '+' || Peek() == '-') ++at_;
      RETURN_IF_ERROR(SkipDigits());
    }
    return absl::OkStatus();
  }

  absl::Status SkipDigits() {
    if (!IsDigit(Peek())) return Unexpected("a digit is allowed here");
    while (IsDigit(Peek())) ++at_;
    return absl::OkStatus();
  }

  const PatternText& source_;
  const absl::string_view text_;
  const size_t depth_max_;
  size_t at_ = 0;
  size_t depth_ = 0;
};

}  // namespace

absl::StatusOr<JsonNode> ReadJsonTree(const PatternText& text, size_t depth_max) {
  if (!simdjson::validate_utf8(text.text().data(), text.text().size())) {
    return text.Error(ValidPrefix(text.text()), "The pattern is not UTF-8");
  }
  return TreeReader(text, depth_max).Read();
}

}  // namespace pavane::rules
