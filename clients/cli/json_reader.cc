// ParseJson of json_value.h: a strict reader by hand. A library's reader would give numbers as
// doubles and errors without a place; here spellings are kept and errors name line and column.
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "clients/cli/escape.h"
#include "clients/cli/json_value.h"
#include "clients/cli/status.h"

namespace pavane::cli {
namespace {

// As deep as the broker reads.
constexpr int kDepthMax = 1000;

void AppendUtf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  const int tail = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  static constexpr unsigned char kLead[] = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[tail] | (c >> (6 * tail)));
  for (int i = tail - 1; i >= 0; --i) out += static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3F));
}

class Reader {
 public:
  Reader(absl::string_view text, size_t first_line) : text_(text), first_line_(first_line) {}

  absl::StatusOr<JsonValue> ReadAll() {
    SkipSpace();
    if (AtEnd()) return Bad("the text is empty");
    CLI_ASSIGN_OR_RETURN(JsonValue value, ReadValue(1));
    SkipSpace();
    if (!AtEnd()) return Bad("something follows the value");
    return value;
  }

 private:
  absl::StatusOr<JsonValue> ReadValue(int depth) {
    if (depth > kDepthMax) return Bad(absl::StrCat("nested deeper than ", kDepthMax, " levels"));
    if (AtEnd()) return Bad("the text ends where a value is expected");
    switch (text_[at_]) {
      case '{':
        return ReadObject(depth);
      case '[':
        return ReadArray(depth);
      case '"': {
        CLI_ASSIGN_OR_RETURN(std::string text, ReadString());
        return JsonValue::String(text);
      }
      default:
        return ReadWord();
    }
  }

  absl::StatusOr<JsonValue> ReadObject(int depth) {
    JsonValue object = JsonValue::Object();
    ++at_;
    if (TakeAfterSpace('}')) return object;
    do {
      SkipSpace();
      if (AtEnd() || text_[at_] != '"') return Bad("expected a name in double quotes");
      CLI_ASSIGN_OR_RETURN(std::string name, ReadString());
      if (!TakeAfterSpace(':')) return Bad("expected ':'");
      SkipSpace();
      CLI_ASSIGN_OR_RETURN(JsonValue value, ReadValue(depth + 1));
      object.Append(name, std::move(value));
    } while (TakeAfterSpace(','));
    if (!TakeAfterSpace('}')) return Bad("expected ',' or '}'");
    return object;
  }

  absl::StatusOr<JsonValue> ReadArray(int depth) {
    JsonValue array = JsonValue::Array();
    ++at_;
    if (TakeAfterSpace(']')) return array;
    do {
      SkipSpace();
      CLI_ASSIGN_OR_RETURN(JsonValue value, ReadValue(depth + 1));
      array.Append(std::move(value));
    } while (TakeAfterSpace(','));
    if (!TakeAfterSpace(']')) return Bad("expected ',' or ']'");
    return array;
  }

  // true, false, null or a number.
  absl::StatusOr<JsonValue> ReadWord() {
    const size_t begin = at_;
    while (!AtEnd() && (absl::ascii_isalnum(text_[at_]) || absl::StrContains("+-.", text_[at_]))) {
      ++at_;
    }
    const absl::string_view word = text_.substr(begin, at_ - begin);
    if (word == "true" || word == "false") return JsonValue::Boolean(word == "true");
    if (word == "null") return JsonValue();
    if (IsJsonNumber(word)) return JsonValue::Number(word);
    at_ = begin;
    return Bad(word.empty() ? "expected a value"
                            : absl::StrCat("'", word, "' is not a JSON value; text needs double ",
                                           "quotes"));
  }

  absl::StatusOr<std::string> ReadString() {
    std::string out;
    ++at_;
    while (!AtEnd() && text_[at_] != '"') {
      if (text_[at_] == '\\') {
        CLI_RETURN_IF_ERROR(ReadEscape(out));
        continue;
      }
      if (static_cast<unsigned char>(text_[at_]) < 0x20) {
        return Bad("a control character in text must be escaped");
      }
      const CodePoint c = DecodeUtf8(text_.substr(at_));
      if (c.length == 0) return Bad("text is not UTF-8");
      absl::StrAppend(&out, text_.substr(at_, c.length));
      at_ += c.length;
    }
    if (AtEnd()) return Bad("text without closing quote");
    ++at_;
    return out;
  }

  absl::Status ReadEscape(std::string& out) {
    static constexpr absl::string_view kNames = "\"\\/bfnrt";
    static constexpr absl::string_view kValues = "\"\\/\b\f\n\r\t";
    if (at_ + 1 >= text_.size()) return Bad("text without closing quote");
    const size_t simple = kNames.find(text_[at_ + 1]);
    if (simple != absl::string_view::npos) {
      out += kValues[simple];
      at_ += 2;
      return absl::OkStatus();
    }
    CLI_ASSIGN_OR_RETURN(char32_t c, ReadUnicodeEscape());
    if (c >= 0xDC00 && c <= 0xDFFF) return Bad("a low surrogate without its high one");
    if (c >= 0xD800 && c <= 0xDBFF) {
      CLI_ASSIGN_OR_RETURN(const char32_t low, ReadUnicodeEscape());
      if (low < 0xDC00 || low > 0xDFFF) return Bad("a high surrogate without its low one");
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    AppendUtf8(out, c);
    return absl::OkStatus();
  }

  // \uXXXX, one UTF-16 unit.
  absl::StatusOr<char32_t> ReadUnicodeEscape() {
    const absl::string_view text = text_.substr(at_, 6);
    if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return Bad("not a valid escape");
    char32_t value = 0;
    for (char digit : text.substr(2)) {
      if (!absl::ascii_isxdigit(digit)) return Bad("not a valid escape");
      value = value * 16 +
              (absl::ascii_isdigit(digit) ? digit - '0' : absl::ascii_tolower(digit) - 'a' + 10);
    }
    at_ += 6;
    return value;
  }

  bool AtEnd() const { return at_ >= text_.size(); }
  void SkipSpace() {
    while (!AtEnd() && absl::StrContains(" \t\r\n", text_[at_])) ++at_;
  }
  bool TakeAfterSpace(char wanted) {
    SkipSpace();
    if (AtEnd() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  absl::Status Bad(absl::string_view what) const {
    size_t line = first_line_;
    size_t column = 1;
    for (char c : text_.substr(0, at_)) {
      column = c == '\n' ? 1 : column + 1;
      line += c == '\n' ? 1 : 0;
    }
    return absl::InvalidArgumentError(
        absl::StrCat("not JSON: ", what, " (line ", line, ", column ", column, ")"));
  }

  const absl::string_view text_;
  const size_t first_line_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<JsonValue> ParseJson(absl::string_view text, size_t first_line) {
  return Reader(text, first_line).ReadAll();
}

}  // namespace pavane::cli
