// Text with placeholders that an event fills.
#ifndef PAVANE_PLUGINS_NOTIFICATION_TEXT_TEMPLATE_H_
#define PAVANE_PLUGINS_NOTIFICATION_TEXT_TEMPLATE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "plugins/common/event.h"

namespace pavane::notification {

// Placeholders are {{PATH}} or {{PATH|FILTER}}. PATH leads through the event's data by dots
// (`passenger.name`), or is one of `event.id`, `event.source`, `event.type`, `event.subject`,
// `event.flow`. Filters: `money` shows whole hundredths as 12.50; `or:TEXT` stands in for a value
// that is absent. Texts, numbers and booleans can be shown. A value. Parsed once, filled often.
class TextTemplate {
 public:
  // InvalidArgument for an unclosed placeholder, an empty path or an unknown filter.
  static absl::StatusOr<TextTemplate> Parse(const std::string& text);

  // InvalidArgument names the placeholder that the event has no value for.
  absl::StatusOr<std::string> Fill(const plugins::Event& event) const;

 private:
  struct Part {
    std::string literal;  // text before the placeholder
    std::string path;     // empty: no placeholder, the last part
    bool money = false;
    bool has_otherwise = false;
    std::string otherwise;
  };
  static absl::StatusOr<Part> ParsePlaceholder(const std::string& text);

  std::vector<Part> parts_;
};

}  // namespace pavane::notification

#endif  // PAVANE_PLUGINS_NOTIFICATION_TEXT_TEMPLATE_H_
