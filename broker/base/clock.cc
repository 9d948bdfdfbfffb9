#include "base/clock.h"

#include <algorithm>
#include <chrono>

namespace pavane {

SystemClock& SystemClock::Get() {
  static auto* const clock = new SystemClock;
  return *clock;
}

absl::Time SystemClock::Now() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return absl::FromUnixMicros(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

MonotonicTime SystemClock::MonotonicNow() const {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return MonotonicTime(absl::FromChrono(now));
}

bool SystemClock::WaitUntil(CondVar& cv, Mutex& mu, MonotonicTime deadline) {
  if (deadline == MonotonicTime::InfiniteFuture()) {
    cv.Wait(mu);
    return false;
  }
  const absl::Duration left = deadline - MonotonicNow();
  if (left <= absl::ZeroDuration()) return true;
  // One hour at most: far deadlines would overflow the C library's timespec.
  cv.WaitFor(mu, std::min(left, absl::Hours(1)));
  return MonotonicNow() >= deadline;
}

}  // namespace pavane
