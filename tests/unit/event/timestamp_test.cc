#include "event/timestamp.h"

#include <cstdint>
#include <limits>

#include "gtest/gtest.h"

namespace pavane::event {
namespace {

google::protobuf::Timestamp Time(int64_t seconds, int32_t nanos) {
  google::protobuf::Timestamp time;
  time.set_seconds(seconds);
  time.set_nanos(nanos);
  return time;
}

TEST(Timestamp, GoesToMicrosecondsAndBack) {
  EXPECT_EQ(ToMicros(Time(1, 500'000)), 1'000'500);
  EXPECT_EQ(ToMicros(Time(1, 999)), 1'000'000);
  EXPECT_EQ(ToMicros(Time(-1, 0)), -1'000'000);
  EXPECT_EQ(ToMicros(Time(0, -1)), -1);
  google::protobuf::Timestamp time;
  SetTimestamp(1'000'500, &time);
  EXPECT_EQ(time.seconds(), 1);
  EXPECT_EQ(time.nanos(), 500'000);
  SetTimestamp(1'700'000'000'123'456, &time);
  EXPECT_EQ(ToMicros(time), 1'700'000'000'123'456);
}

TEST(Timestamp, OfAnySizeIsHeld) {
  constexpr int64_t kFar = std::numeric_limits<int64_t>::max();
  constexpr int32_t kNanos = std::numeric_limits<int32_t>::max();
  EXPECT_GT(ToMicros(Time(kFar, kNanos)), int64_t{9'000'000'000'000'000'000});
  EXPECT_LT(ToMicros(Time(-kFar - 1, -kNanos - 1)), -int64_t{9'000'000'000'000'000'000});
}

TEST(Timestamp, IsOneUpToTheYear9999) {
  EXPECT_TRUE(IsTimestamp(Time(0, 0)));
  EXPECT_TRUE(IsTimestamp(Time(253'402'300'799, 999'999'999)));
  EXPECT_FALSE(IsTimestamp(Time(253'402'300'800, 0)));
  EXPECT_FALSE(IsTimestamp(Time(-1, 0)));
  EXPECT_FALSE(IsTimestamp(Time(0, -1)));
  EXPECT_FALSE(IsTimestamp(Time(0, 1'000'000'000)));
}

}  // namespace
}  // namespace pavane::event
