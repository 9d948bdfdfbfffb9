#include "store/scheduled_set.h"

#include <gtest/gtest.h>

#include "tests/unit/store/store_ids.h"

namespace pavane::store {
namespace {

constexpr event::Hash128 kIdentity{1, 2};

TEST(ScheduledSet, AnIdentityIsKnownOnItsBusWhileItWaits) {
  ScheduledSet set;
  set.Add(1, kBus, kIdentity);
  EXPECT_TRUE(set.Contains(kBus, kIdentity));
  EXPECT_FALSE(set.Contains(BusId(2), kIdentity));
  EXPECT_EQ(set.size(), 1u);
  EXPECT_TRUE(set.Remove(1));
  EXPECT_FALSE(set.Remove(1));
  EXPECT_FALSE(set.Contains(kBus, kIdentity));
}

TEST(ScheduledSet, WithoutIdentityNothingIsKnown) {
  ScheduledSet set;
  set.Add(1, kBus, {});
  set.Add(2, kBus, {});
  EXPECT_FALSE(set.Contains(kBus, {}));
  EXPECT_EQ(set.size(), 2u);
}

// Scheduled while their bus did not de-duplicate, read back when it does.
TEST(ScheduledSet, TwoOfOneIdentityBothWait) {
  ScheduledSet set;
  set.Add(1, kBus, kIdentity);
  set.Mark();
  set.Add(2, kBus, kIdentity);
  EXPECT_EQ(set.size(), 2u);
  set.RollBack();
  EXPECT_TRUE(set.Contains(kBus, kIdentity)) << "of the first one";
  set.Add(2, kBus, kIdentity);
  EXPECT_TRUE(set.Remove(2));
  EXPECT_TRUE(set.Contains(kBus, kIdentity)) << "of the first one";
  EXPECT_TRUE(set.Remove(1));
  EXPECT_FALSE(set.Contains(kBus, kIdentity));
}

TEST(ScheduledSet, ATransactionThatFailsLeavesNoTrace) {
  ScheduledSet set;
  set.Add(1, kBus, kIdentity);
  set.Mark();
  set.Remove(1);
  set.Add(2, kBus, kIdentity);
  set.Remove(2);
  set.Add(3, kBus, kIdentity);
  set.RollBack();
  EXPECT_EQ(set.size(), 1u);
  EXPECT_TRUE(set.Contains(kBus, kIdentity));
  EXPECT_FALSE(set.Remove(3));
  EXPECT_TRUE(set.Remove(1));
}

}  // namespace
}  // namespace pavane::store
