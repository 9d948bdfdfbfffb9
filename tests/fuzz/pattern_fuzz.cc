// Any bytes as the text of a pattern: refused with a message, or parsed into what a matcher and the
// reference interpreter read alike.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "event/event_view.h"
#include "event/json.h"
#include "rules/matcher.h"
#include "rules/pattern.h"
#include "rules/reference_interpreter.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pavane;  // NOLINT(google-build-using-namespace): one function
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto pattern = rules::Pattern::Parse(text);
  if (!pattern.ok()) {
    CHECK(!pattern.status().message().empty());
    return 0;
  }
  static const std::string& kEvent = *new std::string(
      R"({"a":[{"b":1,"c":"x"},{"b":[2,"abc"],"c":null}],"b":"10.0.0.1","c":{"a":true,"b":1e400}})" +
      std::string(event::kJsonPadding, ' '));
  const event::EventView view = event::EventView::FromJson(
      absl::string_view(kEvent).substr(0, kEvent.size() - event::kJsonPadding), true);
  std::vector<rules::RuleId> matched;
  const auto matcher = rules::Matcher::Build(std::vector<rules::RuleEntry>{{1, *pattern}});
  const absl::Status status = matcher->Match(view, &matched);
  const absl::StatusOr<bool> expected = rules::Interpret(**pattern, view);
  CHECK_EQ(status.ok(), expected.ok());
  if (expected.ok()) CHECK_EQ(*expected, !matched.empty());
  return 0;
}
