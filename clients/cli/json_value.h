// A JSON value as the CLI reads and writes it.
#ifndef PAVANE_CLIENTS_CLI_JSON_VALUE_H_
#define PAVANE_CLIENTS_CLI_JSON_VALUE_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pavane::cli {

// A tree that keeps what protobuf's Struct would lose: the spelling of numbers, the order of
// members and members of the same name. Patterns and event data pass through unchanged but for
// white space.
class JsonValue {
 public:
  enum class Kind { kNull, kBoolean, kNumber, kString, kArray, kObject };
  using Member = std::pair<std::string, JsonValue>;

  JsonValue() = default;
  static JsonValue Boolean(bool value);
  // `spelling` must be a JSON number.
  static JsonValue Number(absl::string_view spelling);
  static JsonValue String(absl::string_view value);
  static JsonValue Array();
  static JsonValue Object();

  Kind kind() const { return kind_; }
  bool is_object() const { return kind_ == Kind::kObject; }
  bool is_array() const { return kind_ == Kind::kArray; }
  bool is_string() const { return kind_ == Kind::kString; }

  // The text of a string, the spelling of a number, `true` or `false`; else empty.
  const std::string& text() const { return text_; }
  const std::vector<JsonValue>& elements() const { return elements_; }
  std::vector<JsonValue>& elements() { return elements_; }
  const std::vector<Member>& members() const { return members_; }
  std::vector<Member>& members() { return members_; }

  // The first member of that name, or null.
  const JsonValue* Find(absl::string_view name) const;
  void Append(JsonValue element) { elements_.push_back(std::move(element)); }
  void Append(absl::string_view name, JsonValue value) {
    members_.emplace_back(std::string(name), std::move(value));
  }

  // Compact JSON on one line. Everything that could steer a terminal is written as \uXXXX.
  std::string ToJson() const;

 private:
  Kind kind_ = Kind::kNull;
  std::string text_;
  std::vector<JsonValue> elements_;
  std::vector<Member> members_;
};

// Exactly one JSON value, strictly read. At most 1,000 levels deep. `first_line` is the number of
// the text's first line for errors, for a text that is part of a longer one.
absl::StatusOr<JsonValue> ParseJson(absl::string_view text, size_t first_line = 1);

// A JSON string with quotes, escaped as ToJson() does.
std::string JsonQuote(absl::string_view text);

// Whether `text` is spelled as a JSON number.
bool IsJsonNumber(absl::string_view text);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_JSON_VALUE_H_
