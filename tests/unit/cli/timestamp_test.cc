#include "clients/cli/timestamp.h"

#include <cstdlib>

#include "gtest/gtest.h"

#include "clients/cli/status.h"

namespace pavane::cli {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TEST(Timestamp, ReadsRfc3339DatesAndAges) {
  EXPECT_EQ(*ParseTime("2023-11-14T22:13:20Z", kNow), kNow);
  EXPECT_EQ(*ParseTime("2023-11-14T23:13:20.5+01:00", kNow), kNow + absl::Milliseconds(500));
  EXPECT_EQ(*ParseTime("1970-01-02", kNow), absl::FromUnixSeconds(86400));
  EXPECT_EQ(*ParseTime("1h", kNow), kNow - absl::Hours(1));
  EXPECT_EQ(*ParseTime("0", kNow), kNow);
}

TEST(Timestamp, RefusesTheRestAsUsageError) {
  for (const char* text : {"", "yesterday", "2023-13-01", "12:00", "1700000000"}) {
    const auto time = ParseTime(text, kNow);
    ASSERT_FALSE(time.ok()) << text << " became " << *time;
    EXPECT_EQ(ExitCodeOf(time.status()), kExitUsage);
  }
}

TEST(Timestamp, AMomentIsNoDuration) {
  EXPECT_EQ(*ParseMoment("2023-11-14T22:13:20Z"), kNow);
  EXPECT_EQ(*ParseMoment("1970-01-02"), absl::FromUnixSeconds(86400));
  EXPECT_EQ(ExitCodeOf(ParseMoment("1h").status()), kExitUsage);
}

TEST(Timestamp, IsPrintedInUtcOrWithTheLocalOffset) {
  EXPECT_EQ(TimeText(kNow + absl::Milliseconds(7), false), "2023-11-14T22:13:20.007Z");
  EXPECT_EQ(TimeText(google::protobuf::Timestamp(), false), "") << "absent is empty, not 1970";
  const std::string local = TimeText(kNow, true);
  absl::Time back;
  std::string error;
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, local, &back, &error)) << local << ": " << error;
  EXPECT_EQ(back, kNow);
}

TEST(Timestamp, BeforeTheEpochHasPositiveNanos) {
  const auto proto = ToProto(absl::UnixEpoch() - absl::Milliseconds(250));
  EXPECT_EQ(proto.seconds(), -1);
  EXPECT_EQ(proto.nanos(), 750'000'000);
}

}  // namespace
}  // namespace pavane::cli
