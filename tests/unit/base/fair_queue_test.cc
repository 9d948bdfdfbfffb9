#include "base/fair_queue.h"

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

namespace pavane {
namespace {

class FairQueueTest : public ::testing::Test {
 protected:
  void Add(const std::string& name, uint64_t lane, size_t cost) {
    queue_.Add(lane, cost, std::make_unique<std::string>(name));
  }
  std::string Take() {
    const size_t cost = queue_.next_cost();
    EXPECT_GT(cost, 0u);
    return *queue_.Take();
  }
  // In the order in which they come.
  std::string TakeAll() {
    std::string taken;
    while (!queue_.empty()) absl::StrAppend(&taken, Take(), " ");
    return taken;
  }

  FairQueue<std::unique_ptr<std::string>> queue_{100};
};

TEST_F(FairQueueTest, OneLaneKeepsItsOrder) {
  for (const char* name : {"a", "b", "c", "d"}) Add(name, 7, 60);
  EXPECT_EQ(queue_.lanes(), 1u);
  EXPECT_EQ(queue_.next_cost(), 60u);
  EXPECT_EQ(queue_.size(), 4u);
  EXPECT_EQ(TakeAll(), "a b c d ");
  EXPECT_EQ(queue_.lanes(), 0u);
  EXPECT_EQ(queue_.size(), 0u);
}

TEST_F(FairQueueTest, LanesTakeTurnsByCost) {
  for (int i = 0; i < 6; ++i) Add(absl::StrCat("a", i), 1, 50);
  for (int i = 0; i < 4; ++i) Add(absl::StrCat("b", i), 2, 100);
  EXPECT_EQ(queue_.lanes(), 2u);
  EXPECT_EQ(TakeAll(), "a0 a1 b0 a2 a3 b1 a4 a5 b2 b3 ");
}

TEST_F(FairQueueTest, WhoComesLateWaitsForOneTurnOnly) {
  for (int i = 0; i < 100; ++i) Add(absl::StrCat("a", i), 1, 100);
  EXPECT_EQ(Take(), "a0");
  Add("late", 2, 100);
  EXPECT_EQ(Take(), "a1");
  EXPECT_EQ(Take(), "late");
}

TEST_F(FairQueueTest, WhoTookMoreThanItsTurnIsLeftOutUntilItIsEven) {
  Add("large", 1, 400);
  Add("a", 1, 100);
  for (int i = 0; i < 6; ++i) Add(absl::StrCat("b", i), 2, 100);
  EXPECT_EQ(TakeAll(), "large b0 b1 b2 b3 a b4 b5 ");
}

// Between two with large items stands one that is done at once, again and again.
TEST_F(FairQueueTest, LargeItemsTakeTurnsAlsoWhereOthersComeAndGo) {
  for (int i = 0; i < 8; ++i) Add("a", 1, 700);
  Add("b", 2, 10);
  for (int i = 0; i < 8; ++i) Add("c", 3, 700);
  std::string large;
  while (!queue_.empty()) {
    const std::string taken = Take();
    if (taken == "b" && large.size() < 12) {
      Add("b", 2, 10);
    } else {
      large += taken;
    }
    if (large.size() == 12) break;
  }
  EXPECT_EQ(std::count(large.begin(), large.end(), 'a'), 6) << large;
  EXPECT_EQ(std::count(large.begin(), large.end(), 'c'), 6) << large;
}

// What a lane owed is forgotten when it has nothing left: it has waited meanwhile, or was alone.
TEST_F(FairQueueTest, AnEmptyLaneOwesNothing) {
  Add("large", 1, 1000);
  EXPECT_EQ(Take(), "large");
  Add("a", 1, 100);
  Add("b", 2, 100);
  EXPECT_EQ(TakeAll(), "a b ");
}

}  // namespace
}  // namespace pavane
