#include "clients/cli/start_position.h"

#include "gtest/gtest.h"

#include "clients/cli/rule_file.h"

namespace pavane::cli {
namespace {

TEST(StartPosition, IsAWordASequenceATimeOrADurationBackFromNow) {
  const absl::Time now = absl::FromUnixSeconds(1'700'007'200);
  EXPECT_TRUE(ParseStartPosition("latest", now)->latest());
  EXPECT_TRUE(ParseStartPosition("earliest", now)->earliest());
  EXPECT_EQ(ParseStartPosition("17", now)->sequence(), 17u);
  EXPECT_EQ(ParseStartPosition("2h", now)->time().seconds(), 1'700'000'000);
  EXPECT_EQ(ParseStartPosition("2023-11-14T22:13:20Z", now)->time().seconds(), 1'700'000'000);
  for (const char* wrong : {"", "oldest", "-1", "latest "}) {
    EXPECT_FALSE(ParseStartPosition(wrong, now).ok()) << wrong;
  }
}

TEST(StartPosition, IsPrintedAsItWasGiven) {
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  EXPECT_EQ(StartPositionText({}, false), "");
  EXPECT_EQ(StartPositionText(*ParseStartPosition("earliest", now), false), "earliest");
  EXPECT_EQ(StartPositionText(*ParseStartPosition("17", now), false), "sequence 17");
  EXPECT_EQ(StartPositionText(*ParseStartPosition("0s", now), false), "2023-11-14T22:13:20.000Z");
}

TEST(StartPosition, IsAWordInARuleFileOrItsMessage) {
  const auto rules = ParseRules(R"(
name: r
pattern: {source: [x]}
targets:
  - {id: a, address: "service:a", start_position: earliest}
  - {id: b, address: "service:b", start_position: 17}
  - {id: c, address: "service:c", start_position: {sequence: 18}}
)");
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_TRUE(rules->at(0).targets(0).start_position().earliest());
  EXPECT_EQ(rules->at(0).targets(1).start_position().sequence(), 17u);
  EXPECT_EQ(rules->at(0).targets(2).start_position().sequence(), 18u);
  EXPECT_FALSE(ParseRules("{name: r, targets: [{id: a, start_position: oldest}]}").ok());
}

}  // namespace
}  // namespace pavane::cli
