#include "rpc/tail_hub.h"

#include <gtest/gtest.h>

namespace pavane::rpc {
namespace {

TEST(TailHub, WakesEachWaiterOnce) {
  TailHub hub;
  int woken = 0;
  hub.NotifyAppended();
  hub.Wait([&] { ++woken; });
  hub.Wait([&] { ++woken; });
  hub.NotifyAppended();
  EXPECT_EQ(woken, 2);
  hub.NotifyAppended();
  EXPECT_EQ(woken, 2);
}

TEST(TailHub, AWaiterMayWaitAgainAtOnce) {
  TailHub hub;
  int woken = 0;
  std::function<void()> again = [&] {
    ++woken;
    hub.Wait(again);
  };
  hub.Wait(again);
  hub.NotifyAppended();
  hub.NotifyAppended();
  EXPECT_EQ(woken, 2);
}

}  // namespace
}  // namespace pavane::rpc
