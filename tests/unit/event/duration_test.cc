#include "event/duration.h"

#include "gtest/gtest.h"

namespace pavane::event {
namespace {

TEST(Duration, GoesThereAndBack) {
  for (const absl::Duration duration : {absl::ZeroDuration(), absl::Milliseconds(1'500),
                                        absl::Microseconds(-2'000'001), absl::Hours(24)}) {
    google::protobuf::Duration message;
    SetDuration(duration, &message);
    EXPECT_EQ(ToDuration(message), duration);
  }
}

TEST(Duration, HasPartsOfOneSign) {
  google::protobuf::Duration message;
  SetDuration(absl::Milliseconds(-1'500), &message);
  EXPECT_EQ(message.seconds(), -1);
  EXPECT_EQ(message.nanos(), -500'000'000);
}

}  // namespace
}  // namespace pavane::event
