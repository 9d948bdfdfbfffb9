#ifndef PAVANE_TESTS_UNIT_CLIENTS_CPP_MANUAL_CLOCK_H_
#define PAVANE_TESTS_UNIT_CLIENTS_CPP_MANUAL_CLOCK_H_

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <vector>

#include "clients/cpp/src/clock.h"

namespace pavane::testing {

// Time moves by Advance alone, which wakes everybody whose deadline has come. Must outlive who
// waits on it.
class ManualClock : public internal::Clock {
 public:
  internal::SteadyTime Now() override {
    const std::lock_guard<std::mutex> lock(mu_);
    return now_;
  }

  internal::WallTime WallNow() override {
    const std::lock_guard<std::mutex> lock(mu_);
    return internal::WallTime(std::chrono::seconds(1'700'000'000)) +
           std::chrono::duration_cast<internal::WallTime::duration>(now_.time_since_epoch());
  }

  void WaitUntil(std::condition_variable& cv, std::unique_lock<std::mutex>& lock,
                 internal::SteadyTime deadline) override {
    std::list<Waiter>::iterator self;
    {
      const std::lock_guard<std::mutex> own(mu_);
      if (now_ >= deadline) return;
      self = waiters_.insert(waiters_.end(), {&cv, lock.mutex(), deadline});
      changed_.notify_all();
    }
    cv.wait(lock);
    const std::lock_guard<std::mutex> own(mu_);
    waiters_.erase(self);
  }

  void Advance(std::chrono::milliseconds by) {
    std::vector<Waiter> due;
    {
      const std::lock_guard<std::mutex> lock(mu_);
      now_ += by;
      for (const Waiter& waiter : waiters_) {
        if (waiter.deadline <= now_) due.push_back(waiter);
      }
    }
    for (const Waiter& waiter : due) {
      // Whoever is in the list but not in wait() yet holds this mutex.
      { const std::lock_guard<std::mutex> lock(*waiter.mutex); }
      waiter.cv->notify_all();
    }
  }

  // Waits, in real time, until somebody waits for a moment at most `within` from now; then advances
  // to it. False if nobody comes.
  bool AdvanceToNextDeadline(std::chrono::milliseconds within) {
    std::chrono::milliseconds step{};
    {
      std::unique_lock<std::mutex> lock(mu_);
      const auto earliest = [&] {
        internal::SteadyTime first = now_ + within + std::chrono::milliseconds(1);
        for (const Waiter& waiter : waiters_) first = std::min(first, waiter.deadline);
        return first;
      };
      const bool there = changed_.wait_for(lock, std::chrono::seconds(20),
                                           [&] { return earliest() <= now_ + within; });
      if (!there) return false;
      step = std::chrono::ceil<std::chrono::milliseconds>(earliest() - now_);
    }
    Advance(step);
    return true;
  }

 private:
  struct Waiter {
    std::condition_variable* cv;
    std::mutex* mutex;
    internal::SteadyTime deadline;
  };

  std::mutex mu_;
  std::condition_variable changed_;
  internal::SteadyTime now_ = internal::SteadyTime(std::chrono::hours(1));
  std::list<Waiter> waiters_;
};

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_UNIT_CLIENTS_CPP_MANUAL_CLOCK_H_
