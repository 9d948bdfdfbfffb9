#include "clients/cli/event_file.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "clients/cli/status.h"

namespace pavane::cli {
namespace {

absl::StatusOr<std::vector<JsonValue>> ParseLines(absl::string_view text) {
  std::vector<JsonValue> events;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    absl::StatusOr<JsonValue> event = ParseJson(line);
    if (!event.ok()) return InContext(event.status(), absl::StrCat("line ", number));
    events.push_back(*std::move(event));
  }
  return events;
}

}  // namespace

absl::StatusOr<std::vector<JsonValue>> ParseEventFile(absl::string_view text) {
  absl::StatusOr<JsonValue> whole = ParseJson(text);
  if (whole.ok() && whole->is_array()) return whole->elements();
  if (whole.ok()) return std::vector<JsonValue>{*std::move(whole)};
  return ParseLines(text);
}

bool IsCloudEvent(const JsonValue& event) {
  return event.Find("specversion") != nullptr && event.Find("detail-type") == nullptr;
}

}  // namespace pavane::cli
