#ifndef PAVANE_BASE_MANUAL_CLOCK_H_
#define PAVANE_BASE_MANUAL_CLOCK_H_

#include <cstddef>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

#include "base/clock.h"
#include "base/mutex.h"

namespace pavane {

// A clock that stands still until a test moves it. Threads waiting in WaitUntil wake when it is
// moved past their deadline, so a loop with timers runs under test without a sleep. Usable from any
// thread; must outlive all that wait on it.
class ManualClock : public Clock {
 public:
  // An arbitrary instant with all its parts different, so that mixed up units show.
  explicit ManualClock(absl::Time now = absl::FromUnixMicros(1'700'000'001'234'567)) : wall_(now) {}

  absl::Time Now() const override ABSL_LOCKS_EXCLUDED(mu_);
  MonotonicTime MonotonicNow() const override ABSL_LOCKS_EXCLUDED(mu_);
  bool WaitUntil(CondVar& cv, Mutex& mu, MonotonicTime deadline) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);

  // Moves both clocks on and wakes every waiter, who then looks at its deadline.
  void Advance(absl::Duration by) ABSL_LOCKS_EXCLUDED(mu_);
  // Sets the wall clock alone, also backwards, as an operator or NTP does.
  void SetWall(absl::Time now) ABSL_LOCKS_EXCLUDED(mu_);

  // Blocks until at least `n` threads wait on this clock: "the loop has gone to sleep".
  void AwaitWaiters(size_t n) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // Lives on the stack of WaitUntil. While pinned, Advance is about to notify it, so it must stay.
  struct Waiter {
    CondVar& cv;
    Mutex& mu;
    bool pinned = false;
  };

  void Add(Waiter& waiter) ABSL_LOCKS_EXCLUDED(mu_);
  void Remove(Waiter& waiter) ABSL_LOCKS_EXCLUDED(mu_);

  mutable Mutex mu_;
  CondVar waiters_changed_;
  absl::Time wall_ ABSL_GUARDED_BY(mu_);
  MonotonicTime monotonic_ ABSL_GUARDED_BY(mu_){absl::Seconds(1000)};
  std::vector<Waiter*> waiters_ ABSL_GUARDED_BY(mu_);
};

}  // namespace pavane

#endif  // PAVANE_BASE_MANUAL_CLOCK_H_
