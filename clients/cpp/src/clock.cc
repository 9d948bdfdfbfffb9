#include "clients/cpp/src/clock.h"

namespace pavane {
inline namespace client {
namespace internal {
namespace {

class SystemClock : public Clock {
 public:
  SteadyTime Now() override { return std::chrono::steady_clock::now(); }
  WallTime WallNow() override { return std::chrono::system_clock::now(); }
  void WaitUntil(std::condition_variable& cv, std::unique_lock<std::mutex>& lock,
                 SteadyTime deadline) override {
    cv.wait_until(lock, deadline);
  }
};

}  // namespace

Clock& Clock::System() {
  // Never destroyed: threads may still ask it while statics go.
  static SystemClock* clock = new SystemClock;
  return *clock;
}

}  // namespace internal
}  // namespace client
}  // namespace pavane
