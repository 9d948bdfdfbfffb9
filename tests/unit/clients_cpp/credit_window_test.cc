#include "clients/cpp/src/credit_window.h"

#include <gtest/gtest.h>

namespace pavane::internal {
namespace {

class CreditWindowTest : public ::testing::Test {
 protected:
  // Handlers return from as many deliveries as the window has, all in `took`.
  void TurnOver(CreditWindow& window, Milliseconds took) {
    const size_t size = window.size();
    window.Finished(now_);
    now_ += took;
    for (size_t i = 1; i < size; ++i) window.Finished(now_);
  }

  SteadyTime now_ = SteadyTime(std::chrono::hours(1));
};

TEST_F(CreditWindowTest, StaysAsTheOptionsSay) {
  CreditWindow window(4, 16);
  window.Exhausted();
  window.Starved();
  TurnOver(window, Milliseconds(1));
  EXPECT_EQ(window.size(), 4u);
}

TEST_F(CreditWindowTest, DoublesWhereHandlersRanDryThoughAllCreditsWereUsed) {
  CreditWindow window(0, 16);
  window.Exhausted();
  window.Starved();
  TurnOver(window, Milliseconds(1));
  EXPECT_EQ(window.size(), 32u);
}

// All it may hold comes at once, is done, and only then a handler finds nothing to do: the window
// has turned over by then.
TEST_F(CreditWindowTest, DoublesWhereAllCameAtOnceAndWasDoneAtOnce) {
  CreditWindow window(0, 16);
  window.Exhausted();
  TurnOver(window, Milliseconds(1));
  window.Starved();
  window.Granted();
  EXPECT_EQ(window.size(), 16u);
  window.Exhausted();
  TurnOver(window, Milliseconds(1));
  EXPECT_EQ(window.size(), 32u);
}

TEST_F(CreditWindowTest, DoesNotGrowWhereMoreWasOnItsWay) {
  CreditWindow window(0, 16);
  window.Exhausted();
  window.Granted();
  window.Starved();
  TurnOver(window, Milliseconds(1));
  EXPECT_EQ(window.size(), 16u);
}

TEST_F(CreditWindowTest, DoesNotGrowWhereTheBrokerHadNoMoreToSend) {
  CreditWindow window(0, 16);
  window.Starved();
  TurnOver(window, Milliseconds(1));
  EXPECT_EQ(window.size(), 16u);
}

TEST_F(CreditWindowTest, DoesNotGrowWhereHandlersWereBusy) {
  CreditWindow window(0, 16);
  window.Exhausted();
  TurnOver(window, Milliseconds(1));
  EXPECT_EQ(window.size(), 16u);
}

TEST_F(CreditWindowTest, GrowthHasAnEnd) {
  CreditWindow window(0, 16);
  for (int i = 0; i < 20; ++i) {
    window.Exhausted();
    window.Starved();
    TurnOver(window, Milliseconds(1));
  }
  EXPECT_EQ(window.size(), 4'096u);
}

TEST_F(CreditWindowTest, ShrinksToWhatHandlersDoSoonAndNotBelowTheLeast) {
  CreditWindow window(0, 16);
  for (int i = 0; i < 4; ++i) {
    window.Exhausted();
    window.Starved();
    TurnOver(window, Milliseconds(1));
  }
  ASSERT_EQ(window.size(), 256u);
  window.Exhausted();
  TurnOver(window, Milliseconds(400));
  EXPECT_EQ(window.size(), 64u);
  window.Exhausted();
  TurnOver(window, Milliseconds(10'000));
  EXPECT_EQ(window.size(), 16u);
}

}  // namespace
}  // namespace pavane::internal
