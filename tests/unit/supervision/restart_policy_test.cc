#include "supervision/restart_policy.h"

#include <gtest/gtest.h>

#include "base/manual_clock.h"

namespace pavane::supervision {
namespace {

// Always the same fraction: 0 for the longest wait.
class FixedRandom : public Random {
 public:
  explicit FixedRandom(uint64_t value) : value_(value) {}
  uint64_t Uint64() override { return value_; }

 private:
  const uint64_t value_;
};

class RestartPolicyTest : public ::testing::Test {
 protected:
  // Ends now; how long is the wait?
  absl::Duration End() {
    return policy_.OnEnded(clock_.MonotonicNow(), random_) - clock_.MonotonicNow();
  }
  absl::Duration RunFor(absl::Duration time) {
    policy_.OnStarted(clock_.MonotonicNow());
    clock_.Advance(time);
    return End();
  }

  ManualClock clock_;
  FixedRandom random_{0};
  RestartPolicy policy_{{.initial = absl::Seconds(1),
                         .factor = 2,
                         .max = absl::Seconds(5),
                         .stable_after = absl::Minutes(1)}};
};

TEST_F(RestartPolicyTest, WaitsGrowToTheLimit) {
  EXPECT_EQ(RunFor(absl::Seconds(1)), absl::Seconds(1));
  EXPECT_EQ(RunFor(absl::Seconds(59)), absl::Seconds(2));
  EXPECT_EQ(End(), absl::Seconds(4));  // could not even be started
  EXPECT_EQ(End(), absl::Seconds(5));
  EXPECT_EQ(End(), absl::Seconds(5));
}

TEST_F(RestartPolicyTest, AStableRunBeginsAnew) {
  RunFor(absl::Seconds(1));
  RunFor(absl::Seconds(1));
  EXPECT_EQ(RunFor(absl::Minutes(1)), absl::Seconds(1));
  EXPECT_EQ(RunFor(absl::Seconds(1)), absl::Seconds(2));
}

TEST_F(RestartPolicyTest, TimeWithoutRunningIsNotStable) {
  RunFor(absl::Seconds(1));
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(End(), absl::Seconds(2));
}

TEST_F(RestartPolicyTest, ChanceShortensAWaitByUpToHalf) {
  SeededRandom random(7);
  for (int i = 0; i < 1000; ++i) {
    RestartPolicy policy({.initial = absl::Seconds(4)});
    absl::Duration wait = policy.OnEnded(clock_.MonotonicNow(), random) - clock_.MonotonicNow();
    EXPECT_GE(wait, absl::Seconds(2));
    EXPECT_LE(wait, absl::Seconds(4));
  }
}

}  // namespace
}  // namespace pavane::supervision
