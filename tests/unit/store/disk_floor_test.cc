#include "store/disk_floor.h"

#include <gtest/gtest.h>

#include "base/manual_clock.h"

namespace pavane::store {
namespace {

TEST(DiskFloorTest, FollowsTheFreeSpaceOncePerSecond) {
  ManualClock clock;
  uint64_t free = 1000;
  int asked = 0;
  DiskFloor floor(clock, {.soft_bytes = 500, .hard_bytes = 100, .free_bytes = [&] {
                            ++asked;
                            return free;
                          }});
  EXPECT_FALSE(floor.below_soft());
  free = 400;
  EXPECT_FALSE(floor.below_soft());  // not asked again yet
  clock.Advance(absl::Seconds(1));
  EXPECT_TRUE(floor.below_soft());
  EXPECT_FALSE(floor.below_hard());
  free = 99;
  clock.Advance(absl::Seconds(1));
  EXPECT_TRUE(floor.below_hard());
  EXPECT_TRUE(floor.below_soft());
  free = 1000;
  clock.Advance(absl::Seconds(1));
  EXPECT_FALSE(floor.below_soft());
  EXPECT_EQ(asked, 4);
}

TEST(DiskFloorTest, WithoutFloorsNothingIsBelow) {
  ManualClock clock;
  DiskFloor floor(clock, {});
  EXPECT_FALSE(floor.below_soft());
  EXPECT_FALSE(floor.below_hard());
}

}  // namespace
}  // namespace pavane::store
