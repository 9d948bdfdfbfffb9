#include "clients/cpp/src/held_deliveries.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace pavane::internal {
namespace {

using std::chrono::seconds;

class HeldDeliveriesTest : public ::testing::Test {
 protected:
  bool Add(const std::string& id) {
    pavane::v1::Delivery message;
    message.set_delivery_id(id);
    return held_.Add(std::make_shared<Delivery>(std::move(message)), seconds(20), now_);
  }

  std::vector<std::string> Due() {
    pavane::v1::SubscribeRequest::Extend extend;
    held_.FillDue(now_, extend);
    std::vector<std::string> ids;
    for (const auto& item : extend.items()) ids.push_back(item.delivery_id());
    return ids;
  }

  SteadyTime now_ = SteadyTime(std::chrono::hours(1));
  HeldDeliveries held_;
};

using Ids = std::vector<std::string>;

TEST_F(HeldDeliveriesTest, StartsTheOldestFirst) {
  Add("b");
  Add("a");
  EXPECT_EQ(held_.Start()->delivery_id(), "b");
  EXPECT_EQ(held_.Start()->delivery_id(), "a");
  EXPECT_EQ(held_.Start(), nullptr);
  EXPECT_EQ(held_.running(), 2u);
}

TEST_F(HeldDeliveriesTest, SameDeliveryIsHeldOnce) {
  EXPECT_TRUE(Add("a"));
  EXPECT_FALSE(Add("a"));
  EXPECT_EQ(held_.unfinished(), 1u);
}

TEST_F(HeldDeliveriesTest, HeldUntilItsSettlementIsAnsweredAndExtendedMeanwhile) {
  Add("a");
  held_.Start();
  held_.Settling("a");
  EXPECT_EQ(held_.unfinished(), 0u);
  now_ += seconds(10);
  EXPECT_EQ(Due(), Ids{"a"});
  held_.Remove("a");
  EXPECT_TRUE(held_.empty());
}

TEST_F(HeldDeliveriesTest, ExtensionIsDueAtHalfTimeAndAgainAfterTheAnswer) {
  Add("a");
  EXPECT_EQ(held_.NextDue(now_), now_ + seconds(10));
  EXPECT_EQ(Due(), Ids{});
  now_ += seconds(10);
  EXPECT_EQ(Due(), Ids{"a"});
  EXPECT_EQ(Due(), Ids{}) << "asked already";
  held_.Extended("a", seconds(40), now_);
  EXPECT_EQ(held_.NextDue(now_), now_ + seconds(20));
}

TEST_F(HeldDeliveriesTest, ExtensionWithoutAnswerIsAskedForAgainInTime) {
  Add("a");
  now_ += seconds(10);
  (void)Due();
  now_ += seconds(5);
  EXPECT_EQ(Due(), Ids{"a"}) << "a quarter of the lease is left";
}

TEST_F(HeldDeliveriesTest, LostWaitingIsDroppedAndLostRunningIsTold) {
  Add("run");
  Add("wait");
  const auto running = held_.Start();
  EXPECT_NE(held_.Lose("wait"), nullptr);
  EXPECT_EQ(held_.Start(), nullptr);
  held_.Lose("run");
  EXPECT_TRUE(running->lease_lost());
  now_ += seconds(100);
  EXPECT_EQ(Due(), Ids{}) << "nothing is left to extend";
}

TEST_F(HeldDeliveriesTest, LossOfASettlingOneIsLeftToItsAnswer) {
  Add("a");
  const auto delivery = held_.Start();
  held_.Settling("a");
  EXPECT_EQ(held_.Lose("a"), nullptr);
  EXPECT_FALSE(delivery->lease_lost());
}

TEST_F(HeldDeliveriesTest, ResumeKeepsTheNamedAndLosesTheOthers) {
  Add("kept");
  Add("lost");
  Add("settling");
  // Start takes the oldest: make the third settle by letting the first two go round.
  const auto kept = held_.Start();
  const auto lost = held_.Start();
  held_.Start();
  held_.Settling("settling");
  const auto gone = held_.Resume({"kept"}, now_);
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_EQ(gone[0], lost);
  EXPECT_FALSE(kept->lease_lost());
  EXPECT_TRUE(held_.Contains("settling"));
  EXPECT_EQ(Due(), Ids{"kept"}) << "to learn its new end";
}

TEST_F(HeldDeliveriesTest, RemoveWaitingLeavesTheRunning) {
  Add("a");
  Add("b");
  held_.Start();
  const auto removed = held_.RemoveWaiting();
  ASSERT_EQ(removed.size(), 1u);
  EXPECT_EQ(removed[0]->delivery_id(), "b");
  EXPECT_EQ(held_.unfinished(), 1u);
}

}  // namespace
}  // namespace pavane::internal
