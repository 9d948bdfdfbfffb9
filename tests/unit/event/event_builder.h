#ifndef PAVANE_TESTS_UNIT_EVENT_EVENT_BUILDER_H_
#define PAVANE_TESTS_UNIT_EVENT_EVENT_BUILDER_H_

#include <string>

#include "absl/strings/string_view.h"

#include "event/attributes.h"

namespace pavane::testing {

/// A valid event with the data given (empty: none).
inline event::CloudEvent MakeEvent(absl::string_view data = R"({"a":1})") {
  event::CloudEvent event;
  event.set_id("e-1");
  event.set_source("shop");
  event.set_spec_version("1.0");
  event.set_type("OrderPlaced");
  if (!data.empty()) event.set_text_data(std::string(data));
  return event;
}

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_UNIT_EVENT_EVENT_BUILDER_H_
