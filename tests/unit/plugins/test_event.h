// Events and handlers for the plugins' tests.
#ifndef PAVANE_TESTS_UNIT_PLUGINS_TEST_EVENT_H_
#define PAVANE_TESTS_UNIT_PLUGINS_TEST_EVENT_H_

#include <string>
#include <vector>

#include "plugins/common/event.h"
#include "plugins/common/settlement.h"

namespace pavane::testing {

// An event with a source and an id of its own; the same `id` is the same event.
inline plugins::Event MakeEvent(const std::string& type, plugins::Json data,
                                const std::string& id) {
  plugins::Event event;
  event.id = id;
  event.source = "/test";
  event.type = type;
  event.data = std::move(data);
  return event;
}

inline plugins::Json Passenger() {
  return {{"name", "Ada Byron"}, {"email", "ada@example.org"}, {"phone", "+442079460000"}};
}

inline plugins::Json Trip(const std::string& cabin = "economy",
                          const std::string& preference = "window") {
  return {{"flight", "PV101"}, {"date", "2026-12-01"}, {"from", "LIS"},
          {"to", "FRA"},       {"cabin", cabin},       {"seat_preference", preference}};
}

// "TYPE TYPE ...", or how it failed: "nack CODE", "reject CODE".
inline std::string Show(const plugins::Settlement& settlement) {
  if (settlement.kind == plugins::Settlement::Kind::kNack) return "nack " + settlement.code;
  if (settlement.kind == plugins::Settlement::Kind::kReject) return "reject " + settlement.code;
  std::string types;
  for (const plugins::Event& emit : settlement.emits) {
    types += (types.empty() ? "" : " ") + emit.type;
  }
  return types;
}

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_UNIT_PLUGINS_TEST_EVENT_H_
