#ifndef PAVANE_CLIENTS_CPP_SRC_CLOCK_H_
#define PAVANE_CLIENTS_CPP_SRC_CLOCK_H_

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace pavane {
inline namespace client {
namespace internal {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

// Far enough to never come, near enough to be waited for by every implementation.
constexpr std::chrono::hours kForever = std::chrono::hours(24 * 365);

// Time as the library sees it; tests bring their own. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual SteadyTime Now() = 0;
  virtual WallTime WallNow() = 0;
  // Waits until notified or until `deadline`; may return early. `lock` holds the mutex of `cv`.
  virtual void WaitUntil(std::condition_variable& cv, std::unique_lock<std::mutex>& lock,
                         SteadyTime deadline) = 0;

  // The machine's clocks; lives for ever.
  static Clock& System();
};

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_CLOCK_H_
