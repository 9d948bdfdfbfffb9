// Time comes in from outside: everything that asks for it takes a Clock& in its constructor.
#ifndef PAVANE_BASE_CLOCK_H_
#define PAVANE_BASE_CLOCK_H_

#include <compare>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

#include "base/mutex.h"

namespace pavane {

// A point on a clock that never goes back; only differences have meaning. In-memory timers use it;
// what goes to disk is wall time.
class MonotonicTime {
 public:
  constexpr MonotonicTime() = default;
  constexpr explicit MonotonicTime(absl::Duration since_origin) : since_origin_(since_origin) {}
  static constexpr MonotonicTime InfiniteFuture() {
    return MonotonicTime(absl::InfiniteDuration());
  }
  static constexpr MonotonicTime InfinitePast() { return MonotonicTime(-absl::InfiniteDuration()); }

  constexpr absl::Duration since_origin() const { return since_origin_; }

  friend constexpr bool operator==(MonotonicTime a, MonotonicTime b) {
    return a.since_origin_ == b.since_origin_;
  }
  // abseil's Duration has no <=> yet.
  friend constexpr std::strong_ordering operator<=>(MonotonicTime a, MonotonicTime b) {
    if (a.since_origin_ < b.since_origin_) return std::strong_ordering::less;
    if (b.since_origin_ < a.since_origin_) return std::strong_ordering::greater;
    return std::strong_ordering::equal;
  }
  friend MonotonicTime operator+(MonotonicTime a, absl::Duration d) {
    return MonotonicTime(a.since_origin_ + d);
  }
  friend MonotonicTime operator-(MonotonicTime a, absl::Duration d) {
    return MonotonicTime(a.since_origin_ - d);
  }
  friend absl::Duration operator-(MonotonicTime a, MonotonicTime b) {
    return a.since_origin_ - b.since_origin_;
  }

 private:
  absl::Duration since_origin_ = absl::ZeroDuration();
};

// All methods may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall time in whole microseconds (the resolution of the disk formats). May go back.
  virtual absl::Time Now() const = 0;
  virtual MonotonicTime MonotonicNow() const = 0;

  // Waits on `cv` until it is notified or `deadline` is reached on this clock. May return early, so
  // call it in a loop over the condition. True if the deadline is reached.
  virtual bool WaitUntil(CondVar& cv, Mutex& mu, MonotonicTime deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) = 0;
};

// The machine's clocks.
class SystemClock : public Clock {
 public:
  // The one instance a process needs; lives forever.
  static SystemClock& Get();

  absl::Time Now() const override;
  MonotonicTime MonotonicNow() const override;
  bool WaitUntil(CondVar& cv, Mutex& mu, MonotonicTime deadline) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
};

}  // namespace pavane

#endif  // PAVANE_BASE_CLOCK_H_
