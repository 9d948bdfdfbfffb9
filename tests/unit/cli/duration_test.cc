#include "clients/cli/duration.h"

#include "gtest/gtest.h"

#include "clients/cli/status.h"

namespace pavane::cli {
namespace {

TEST(Duration, ReadsOneOrSeveralUnitsLargestFirst) {
  EXPECT_EQ(*ParseDuration("0"), absl::ZeroDuration());
  EXPECT_EQ(*ParseDuration("250ms"), absl::Milliseconds(250));
  EXPECT_EQ(*ParseDuration("10m"), absl::Minutes(10));
  EXPECT_EQ(*ParseDuration("24h"), absl::Hours(24));
  EXPECT_EQ(*ParseDuration("7d"), absl::Hours(168));
  EXPECT_EQ(*ParseDuration("2w"), absl::Hours(336));
  EXPECT_EQ(*ParseDuration("1.5h"), absl::Minutes(90));
  EXPECT_EQ(*ParseDuration("1h30m5s"), absl::Seconds(5405));
  EXPECT_EQ(*ParseDuration("600.000000000s"), absl::Minutes(10)) << "protobuf's spelling";
}

TEST(Duration, RefusesWhatCouldMeanTwoThings) {
  for (const char* text :
       {"", "10", "-5m", "h", "5 m", "30m1h", "1m1m", "1x", "1.2.3s", "m5", "99999999999d", "5M"}) {
    const auto duration = ParseDuration(text);
    ASSERT_FALSE(duration.ok()) << text << " became " << *duration;
    EXPECT_EQ(ExitCodeOf(duration.status()), kExitUsage);
  }
}

TEST(Duration, PrintsTheTwoLargestUnits) {
  EXPECT_EQ(DurationText(absl::ZeroDuration()), "0s");
  EXPECT_EQ(DurationText(absl::Milliseconds(250)), "250ms");
  EXPECT_EQ(DurationText(absl::Milliseconds(12'500)), "12.5s");
  EXPECT_EQ(DurationText(absl::Seconds(10)), "10s");
  EXPECT_EQ(DurationText(absl::Minutes(90)), "1h30m");
  EXPECT_EQ(DurationText(absl::Hours(24 * 10)), "10d");
  EXPECT_EQ(DurationText(absl::Hours(25) + absl::Minutes(59)), "1d1h");
  EXPECT_EQ(DurationText(absl::Minutes(2) + absl::Seconds(3)), "2m3s");
  EXPECT_EQ(DurationText(-absl::Seconds(3)), "-3s");
}

TEST(Duration, SurvivesTheWayThroughProtobuf) {
  const absl::Duration duration = absl::Seconds(90) + absl::Nanoseconds(7);
  EXPECT_EQ(FromProto(ToProto(duration)), duration);
  EXPECT_EQ(ToProto(duration).nanos(), 7);
}

}  // namespace
}  // namespace pavane::cli
