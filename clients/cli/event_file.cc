#include "clients/cli/event_file.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

namespace pavane::cli {
namespace {

// None when the first line that is not empty is no event.
absl::StatusOr<std::vector<JsonValue>> ParseLines(absl::string_view text) {
  std::vector<JsonValue> events;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    absl::StatusOr<JsonValue> event = ParseJson(line, number);
    if (!event.ok() && events.empty()) break;
    if (!event.ok()) return event.status();
    events.push_back(*std::move(event));
  }
  return events;
}

}  // namespace

absl::StatusOr<std::vector<JsonValue>> ParseEventFile(absl::string_view text) {
  absl::StatusOr<JsonValue> whole = ParseJson(text);
  if (whole.ok() && whole->is_array()) return whole->elements();
  if (whole.ok()) return std::vector<JsonValue>{*std::move(whole)};
  if (absl::StripAsciiWhitespace(text).empty()) return std::vector<JsonValue>();
  absl::StatusOr<std::vector<JsonValue>> lines = ParseLines(text);
  // One value over several lines, broken somewhere.
  if (lines.ok() && lines->empty()) return whole.status();
  return lines;
}

bool IsCloudEvent(const JsonValue& event) {
  if (event.Find("detail-type") != nullptr) return false;
  if (event.Find("specversion") != nullptr) return true;
  // `publish` fills in the version.
  return event.Find("type") != nullptr && event.Find("detail") == nullptr &&
         (event.Find("data") != nullptr || event.Find("data_base64") != nullptr);
}

}  // namespace pavane::cli
