// Locks: a waiter holds its own mutex when it registers, so the order is waiter's mutex, then mu_.
// Advance needs the waiter's mutex too (a notification between the waiter's look at the time and
// its going to sleep would be lost) and so takes it without holding mu_; the pin keeps the waiter
// alive.
#include "base/manual_clock.h"

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace pavane {

absl::Time ManualClock::Now() const {
  MutexLock lock(mu_);
  return wall_;
}

MonotonicTime ManualClock::MonotonicNow() const {
  MutexLock lock(mu_);
  return monotonic_;
}

bool ManualClock::WaitUntil(CondVar& cv, Mutex& mu, MonotonicTime deadline) {
  Waiter waiter{cv, mu};
  Add(waiter);
  if (MonotonicNow() < deadline) cv.Wait(mu);
  // Not under `mu`: Advance may be waiting for it in order to notify us.
  mu.Unlock();
  Remove(waiter);
  mu.Lock();
  return MonotonicNow() >= deadline;
}

void ManualClock::Advance(absl::Duration by) {
  CHECK(by >= absl::ZeroDuration()) << "monotonic time does not go back";
  std::vector<Waiter*> pinned;
  {
    MutexLock lock(mu_);
    wall_ += by;
    monotonic_ = monotonic_ + by;
    for (Waiter* waiter : waiters_) {
      if (waiter->pinned) continue;  // another Advance is about to notify it
      waiter->pinned = true;
      pinned.push_back(waiter);
    }
  }
  for (Waiter* waiter : pinned) {
    MutexLock lock(waiter->mu);
    waiter->cv.NotifyAll();
  }
  MutexLock lock(mu_);
  for (Waiter* waiter : pinned) waiter->pinned = false;
  waiters_changed_.NotifyAll();
}

void ManualClock::SetWall(absl::Time now) {
  MutexLock lock(mu_);
  wall_ = now;
}

void ManualClock::AwaitWaiters(size_t n) {
  MutexLock lock(mu_);
  while (waiters_.size() < n) waiters_changed_.Wait(mu_);
}

void ManualClock::Add(Waiter& waiter) {
  MutexLock lock(mu_);
  waiters_.push_back(&waiter);
  waiters_changed_.NotifyAll();
}

void ManualClock::Remove(Waiter& waiter) {
  MutexLock lock(mu_);
  while (waiter.pinned) waiters_changed_.Wait(mu_);
  waiters_.erase(std::find(waiters_.begin(), waiters_.end(), &waiter));
}

}  // namespace pavane
