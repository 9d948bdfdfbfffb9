#include "rpc/work_pool.h"

#include <atomic>

#include <gtest/gtest.h>

#include "base/clock.h"

namespace pavane::rpc {
namespace {

TEST(WorkPool, DoesAllThatWasTakenAndThenTakesNoMore) {
  WorkPool pool(2, SystemClock::Get());
  std::atomic<int> done{0};
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(pool.Run([&] { ++done; }));
  }
  pool.Stop();
  EXPECT_EQ(done, 100);
  EXPECT_FALSE(pool.Run([&] { ++done; }));
}

}  // namespace
}  // namespace pavane::rpc
