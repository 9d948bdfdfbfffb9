#include "plugins/notification/text_template.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "plugins/common/status_macros.h"

namespace pavane::notification {
namespace {

using plugins::Event;
using plugins::Json;

constexpr char kOpen[] = "{{";
constexpr char kClose[] = "}}";

std::string Money(int64_t cents) {
  const uint64_t size = cents < 0 ? 0 - static_cast<uint64_t>(cents) : static_cast<uint64_t>(cents);
  return absl::StrFormat("%s%d.%02d", cents < 0 ? "-" : "", size / 100, size % 100);
}

std::optional<std::string> EventAttribute(const Event& event, const std::string& path) {
  if (path == "event.id") return event.id;
  if (path == "event.source") return event.source;
  if (path == "event.type") return event.type;
  if (path == "event.subject") return event.subject;
  if (path == "event.flow") return event.flow;
  return std::nullopt;
}

std::optional<std::string> Show(const Json& value, bool money) {
  if (money) {
    if (!value.is_number_integer()) return std::nullopt;
    return Money(value.get<int64_t>());
  }
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return plugins::ToText(value);
  return std::nullopt;
}

std::optional<std::string> Value(const Event& event, const std::string& path, bool money) {
  if (auto attribute = EventAttribute(event, path)) return attribute;
  const Json* value = plugins::FindPath(event.data, path);
  return value != nullptr ? Show(*value, money) : std::nullopt;
}

}  // namespace

absl::StatusOr<TextTemplate::Part> TextTemplate::ParsePlaceholder(const std::string& text) {
  Part part;
  const size_t bar = text.find('|');
  part.path = std::string(absl::StripAsciiWhitespace(text.substr(0, bar)));
  if (part.path.empty()) return absl::InvalidArgumentError("an empty placeholder");
  if (bar == std::string::npos) return part;
  const std::string filter(absl::StripAsciiWhitespace(text.substr(bar + 1)));
  if (filter == "money") {
    part.money = true;
  } else if (absl::StartsWith(filter, "or:")) {
    part.has_otherwise = true;
    part.otherwise = filter.substr(3);
  } else {
    return absl::InvalidArgumentError(absl::StrCat("unknown filter '", filter, "'"));
  }
  return part;
}

absl::StatusOr<TextTemplate> TextTemplate::Parse(const std::string& text) {
  TextTemplate result;
  size_t at = 0;
  for (size_t open; (open = text.find(kOpen, at)) != std::string::npos;) {
    const size_t close = text.find(kClose, open);
    if (close == std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("a placeholder is not closed: ", text.substr(open, 20)));
    }
    ASSIGN_OR_RETURN(Part part, ParsePlaceholder(text.substr(open + 2, close - open - 2)));
    part.literal = text.substr(at, open - at);
    result.parts_.push_back(std::move(part));
    at = close + 2;
  }
  Part last;
  last.literal = text.substr(at);
  result.parts_.push_back(std::move(last));
  return result;
}

absl::StatusOr<std::string> TextTemplate::Fill(const Event& event) const {
  std::string text;
  for (const Part& part : parts_) {
    text += part.literal;
    if (part.path.empty()) continue;
    std::optional<std::string> value = Value(event, part.path, part.money);
    if (!value && part.has_otherwise) value = part.otherwise;
    if (!value) {
      return absl::InvalidArgumentError(
          absl::StrCat("the event has nothing to show for {{", part.path, "}}"));
    }
    text += *value;
  }
  return text;
}

}  // namespace pavane::notification
