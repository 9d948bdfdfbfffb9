#ifndef PAVANE_EVENT_JSON_TEXT_H_
#define PAVANE_EVENT_JSON_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace pavane::event {

/// Appends `text`, valid UTF-8, as a JSON string with its quotes.
void AppendJsonString(absl::string_view text, std::string* out);

}  // namespace pavane::event

#endif  // PAVANE_EVENT_JSON_TEXT_H_
