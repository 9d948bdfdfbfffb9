#include "clients/cli/json_value.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "clients/cli/escape.h"

namespace pavane::cli {
namespace {

size_t SkipDigits(absl::string_view text, size_t at) {
  while (at < text.size() && absl::ascii_isdigit(text[at])) ++at;
  return at;
}

void AppendCodePoint(std::string& out, char32_t c) {
  if (c >= 0x10000) {
    const uint32_t rest = static_cast<uint32_t>(c) - 0x10000;
    absl::StrAppendFormat(&out, "\\u%04x\\u%04x", 0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF));
  } else {
    absl::StrAppendFormat(&out, "\\u%04x", static_cast<uint32_t>(c));
  }
}

void AppendQuoted(std::string& out, absl::string_view text) {
  out += '"';
  while (!text.empty()) {
    CodePoint c = DecodeUtf8(text);
    if (c.length == 0) {
      // Not UTF-8: the replacement character, since JSON can hold nothing else.
      out += "\\ufffd";
      text.remove_prefix(1);
      continue;
    }
    if (c.value == '"' || c.value == '\\') {
      out += '\\';
      out += static_cast<char>(c.value);
    } else if (c.value == '\n') {
      out += "\\n";
    } else if (IsTerminalControl(c.value)) {
      AppendCodePoint(out, c.value);
    } else {
      absl::StrAppend(&out, text.substr(0, c.length));
    }
    text.remove_prefix(c.length);
  }
  out += '"';
}

void AppendJson(std::string& out, const JsonValue& value) {
  const char* separator = "";
  switch (value.kind()) {
    case JsonValue::Kind::kNull:
      out += "null";
      return;
    case JsonValue::Kind::kBoolean:
    case JsonValue::Kind::kNumber:
      out += value.text();
      return;
    case JsonValue::Kind::kString:
      AppendQuoted(out, value.text());
      return;
    case JsonValue::Kind::kArray:
      out += '[';
      for (const JsonValue& element : value.elements()) {
        out += separator;
        AppendJson(out, element);
        separator = ",";
      }
      out += ']';
      return;
    case JsonValue::Kind::kObject:
      out += '{';
      for (const auto& [name, member] : value.members()) {
        out += separator;
        AppendQuoted(out, name);
        out += ':';
        AppendJson(out, member);
        separator = ",";
      }
      out += '}';
      return;
  }
}

}  // namespace

JsonValue JsonValue::Boolean(bool value) {
  JsonValue json;
  json.kind_ = Kind::kBoolean;
  json.text_ = value ? "true" : "false";
  return json;
}

JsonValue JsonValue::Number(absl::string_view spelling) {
  JsonValue json;
  json.kind_ = Kind::kNumber;
  json.text_ = std::string(spelling);
  return json;
}

JsonValue JsonValue::String(absl::string_view value) {
  JsonValue json;
  json.kind_ = Kind::kString;
  json.text_ = std::string(value);
  return json;
}

JsonValue JsonValue::Array() {
  JsonValue json;
  json.kind_ = Kind::kArray;
  return json;
}

JsonValue JsonValue::Object() {
  JsonValue json;
  json.kind_ = Kind::kObject;
  return json;
}

const JsonValue* JsonValue::Find(absl::string_view name) const {
  for (const auto& [member_name, value] : members_) {
    if (member_name == name) return &value;
  }
  return nullptr;
}

std::string JsonValue::ToJson() const {
  std::string out;
  AppendJson(out, *this);
  return out;
}

std::string JsonQuote(absl::string_view text) {
  std::string out;
  AppendQuoted(out, text);
  return out;
}

bool IsJsonNumber(absl::string_view text) {
  size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  const size_t integer = at;
  at = SkipDigits(text, at);
  if (at == integer || (text[integer] == '0' && at - integer > 1)) return false;
  if (at < text.size() && text[at] == '.') {
    const size_t fraction = ++at;
    at = SkipDigits(text, at);
    if (at == fraction) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const size_t exponent = at;
    at = SkipDigits(text, at);
    if (at == exponent) return false;
  }
  return at == text.size();
}

}  // namespace pavane::cli
