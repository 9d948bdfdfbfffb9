#include "config/value_text.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace pavane::config {
namespace {

using ::pavane::testing::IsOk;
using ::pavane::testing::IsOkAndHolds;
using ::testing::Not;

TEST(Size, ReadsBinaryAndDecimalUnits) {
  EXPECT_THAT(ParseSize("0"), IsOkAndHolds(0u));
  EXPECT_THAT(ParseSize("4194304"), IsOkAndHolds(4u << 20));
  EXPECT_THAT(ParseSize("4MiB"), IsOkAndHolds(4u << 20));
  EXPECT_THAT(ParseSize(" 4 MiB "), IsOkAndHolds(4u << 20));
  EXPECT_THAT(ParseSize("2kB"), IsOkAndHolds(2000u));
  EXPECT_THAT(ParseSize("3GB"), IsOkAndHolds(3'000'000'000u));
  for (const char* text : {"", "MiB", "-1", "1.5MiB", "1mib", "1M", "99999999999TiB"}) {
    EXPECT_THAT(ParseSize(text), Not(IsOk())) << text;
  }
}

TEST(Size, PrintsTheLargestExactUnit) {
  EXPECT_EQ(PrintSize(0), "0");
  EXPECT_EQ(PrintSize(1000), "1000");
  EXPECT_EQ(PrintSize(1536), "1536");
  EXPECT_EQ(PrintSize(1536 << 10), "1536KiB");
  EXPECT_EQ(PrintSize(1ull << 30), "1GiB");
}

TEST(Duration, ReadsDaysAndCompounds) {
  EXPECT_THAT(ParseDuration("7d"), IsOkAndHolds(absl::Hours(168)));
  EXPECT_THAT(ParseDuration("1d12h"), IsOkAndHolds(absl::Hours(36)));
  EXPECT_THAT(ParseDuration("1h30m"), IsOkAndHolds(absl::Minutes(90)));
  EXPECT_THAT(ParseDuration("500ms"), IsOkAndHolds(absl::Milliseconds(500)));
  EXPECT_THAT(ParseDuration("0"), IsOkAndHolds(absl::ZeroDuration()));
  for (const char* text : {"", "10", "d", "-1s", "1d-1h", "inf", "1 week"}) {
    EXPECT_THAT(ParseDuration(text), Not(IsOk())) << text;
  }
}

TEST(Duration, PrintsWhatPeopleWrite) {
  for (const char* text : {"0", "50ms", "30s", "10m", "1h30m", "24h", "36h", "7d", "1m30s"}) {
    EXPECT_EQ(PrintDuration(*ParseDuration(text)), text);
  }
}

TEST(Integer, AllowsUnderscores) {
  EXPECT_THAT(ParseInteger("1_000_000"), IsOkAndHolds(1'000'000u));
  for (const char* text : {"", "-1", "_1", "1e3", "0x10"}) {
    EXPECT_THAT(ParseInteger(text), Not(IsOk())) << text;
  }
}

TEST(Number, RefusesWhatIsNotFinite) {
  EXPECT_THAT(ParseNumber("1.5"), IsOkAndHolds(1.5));
  EXPECT_THAT(ParseNumber("nan"), Not(IsOk()));
  EXPECT_THAT(ParseNumber("inf"), Not(IsOk()));
  EXPECT_EQ(PrintNumber(2), "2");
}

TEST(Bool, ReadsTheUsualWords) {
  for (const char* text : {"true", "Yes", "on", "1"})
    EXPECT_THAT(ParseBool(text), IsOkAndHolds(true));
  for (const char* text : {"false", "NO", "off", "0"}) {
    EXPECT_THAT(ParseBool(text), IsOkAndHolds(false));
  }
  EXPECT_THAT(ParseBool("maybe"), Not(IsOk()));
}

}  // namespace
}  // namespace pavane::config
