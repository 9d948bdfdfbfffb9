// Any bytes as the text of an event: refused by validation, or read alike by the matcher's reader
// and the reference interpreter.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "event/event_view.h"
#include "event/json.h"
#include "rules/matcher.h"
#include "rules/pattern.h"
#include "rules/reference_interpreter.h"

namespace {

using namespace pavane;  // NOLINT(google-build-using-namespace): one file

constexpr const char* kPatterns[] = {
    R"({"a":[1,"x",null]})",
    R"({"a":{"b":[{"exists":true}]}})",
    R"({"a":{"b":[{"exists":false}],"c":["x"]}})",
    R"({"a":{"b":[{"numeric":[">",0]}],"c":[{"anything-but":"y"}]}})",
    R"({"a.b":[{"prefix":"x"}],"c":[{"suffix":"x"}]})",
    R"({"":[{"wildcard":"*a*"}]})",
    R"({"b":[{"equals-ignore-case":"ab"},{"cidr":"10.0.0.0/8"}]})",
};

struct Rules {
  Rules() {
    for (const char* text : kPatterns)
      entries.push_back({entries.size(), *rules::Pattern::Parse(text)});
    matcher = rules::Matcher::Build(entries);
  }
  std::vector<rules::RuleEntry> entries;
  std::shared_ptr<const rules::Matcher> matcher;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Rules& kRules = *new Rules;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto shape = event::ValidateJson(text);
  if (!shape.ok() || shape->top != event::JsonShape::kObject) return 0;
  // What follows a text must not matter.
  const std::string padded = text + std::string(event::kJsonPadding, size % 2 == 0 ? '"' : ' ');
  const event::EventView view =
      event::EventView::FromJson(absl::string_view(padded).substr(0, size), shape->distinct_paths);
  std::vector<rules::RuleId> matched;
  const absl::Status status = kRules.matcher->Match(view, &matched);
  std::vector<rules::RuleId> expected;
  bool too_complex = false;
  for (const rules::RuleEntry& rule : kRules.entries) {
    const absl::StatusOr<bool> matches = rules::Interpret(*rule.pattern, view);
    too_complex |= !matches.ok();
    if (matches.ok() && *matches) expected.push_back(rule.id);
  }
  CHECK_EQ(status.ok(), !too_complex);
  if (status.ok()) CHECK(matched == expected);
  return 0;
}
