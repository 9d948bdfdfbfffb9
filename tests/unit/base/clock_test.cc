#include "base/clock.h"

#include <atomic>
#include <vector>

#include <gtest/gtest.h>

#include "base/manual_clock.h"
#include "base/mutex.h"
#include "base/thread.h"

namespace pavane {
namespace {

TEST(SystemClock, TellsWholeMicroseconds) {
  const absl::Time now = SystemClock::Get().Now();
  EXPECT_EQ(now, absl::FromUnixMicros(absl::ToUnixMicros(now)));
  EXPECT_GT(now, absl::FromUnixSeconds(1'600'000'000));
}

TEST(SystemClock, MonotonicTimeDoesNotGoBack) {
  const MonotonicTime first = SystemClock::Get().MonotonicNow();
  EXPECT_GE(SystemClock::Get().MonotonicNow(), first);
}

TEST(SystemClock, WaitEndsAtTheDeadline) {
  SystemClock& clock = SystemClock::Get();
  Mutex mu;
  CondVar never_notified;
  const MonotonicTime deadline = clock.MonotonicNow() + absl::Milliseconds(5);
  MutexLock lock(mu);
  while (!clock.WaitUntil(never_notified, mu, deadline)) {
  }
  EXPECT_GE(clock.MonotonicNow(), deadline);
}

TEST(MonotonicTime, InfinityIsBeyondEverySum) {
  const MonotonicTime now(absl::Seconds(5));
  EXPECT_LT(now + absl::Hours(1'000'000), MonotonicTime::InfiniteFuture());
  EXPECT_LT(MonotonicTime::InfinitePast(), now);
  EXPECT_EQ((now + absl::Seconds(2)) - now, absl::Seconds(2));
}

TEST(ManualClock, StandsStillUntilAdvanced) {
  ManualClock clock(absl::FromUnixSeconds(100));
  const MonotonicTime start = clock.MonotonicNow();
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(100));
  clock.Advance(absl::Seconds(3));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(103));
  EXPECT_EQ(clock.MonotonicNow() - start, absl::Seconds(3));
}

TEST(ManualClock, SettingTheWallLeavesMonotonicTimeAlone) {
  ManualClock clock(absl::FromUnixSeconds(100));
  const MonotonicTime start = clock.MonotonicNow();
  clock.SetWall(absl::FromUnixSeconds(40));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(40));
  EXPECT_EQ(clock.MonotonicNow(), start);
}

TEST(ManualClock, AdvanceWakesEveryWaiterWhoseDeadlineIsReached) {
  ManualClock clock;
  Mutex mu;
  CondVar cv;
  const MonotonicTime start = clock.MonotonicNow();
  std::atomic<int> done{0};
  std::vector<Thread> sleepers;
  for (int i = 1; i <= 3; ++i) {
    sleepers.emplace_back("sleeper", [&, deadline = start + absl::Seconds(i)] {
      MutexLock lock(mu);
      while (!clock.WaitUntil(cv, mu, deadline)) {
      }
      ++done;
    });
  }
  clock.AwaitWaiters(3);
  clock.Advance(absl::Seconds(1));
  sleepers[0].Join();
  EXPECT_EQ(done, 1);
  clock.AwaitWaiters(2);
  clock.Advance(absl::Seconds(2));
  for (Thread& sleeper : sleepers) sleeper.Join();
  EXPECT_EQ(done, 3);
}

// Advancing while threads come and go must neither lose a wake-up nor touch a waiter that is gone.
TEST(ManualClock, AdvanceRacesWithWaitersSafely) {
  ManualClock clock;
  constexpr int kThreads = 4;
  constexpr int kRounds = 200;
  std::atomic<int> running{kThreads};
  std::vector<Thread> sleepers;
  for (int i = 0; i < kThreads; ++i) {
    sleepers.emplace_back("sleeper", [&] {
      for (int round = 0; round < kRounds; ++round) {
        Mutex mu;
        CondVar cv;
        const MonotonicTime deadline = clock.MonotonicNow() + absl::Milliseconds(2);
        MutexLock lock(mu);
        while (!clock.WaitUntil(cv, mu, deadline)) {
        }
      }
      --running;
    });
  }
  while (running > 0) clock.Advance(absl::Milliseconds(1));
  EXPECT_GE(clock.MonotonicNow() - MonotonicTime(), absl::Milliseconds(2 * kRounds));
}

}  // namespace
}  // namespace pavane
