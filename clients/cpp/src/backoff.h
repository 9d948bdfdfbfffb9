#ifndef PAVANE_CLIENTS_CPP_SRC_BACKOFF_H_
#define PAVANE_CLIENTS_CPP_SRC_BACKOFF_H_

#include <algorithm>
#include <chrono>
#include <random>

namespace pavane {
inline namespace client {
namespace internal {

// Delays between tries to connect: each at most double the one before, spread over its upper half,
// so that many clients of a broker that comes back do not come at once. Not synchronized.
class Backoff {
 public:
  using Delay = std::chrono::milliseconds;

  Backoff(Delay initial, Delay longest, uint64_t seed = std::random_device{}())
      : initial_(std::max(initial, Delay(1))), max_(std::max(longest, initial_)), random_(seed) {}

  Delay Next() {
    const Delay top = next_;
    next_ = std::min(max_, next_ * 2);
    std::uniform_int_distribution<Delay::rep> spread((top.count() + 1) / 2, top.count());
    return Delay(spread(random_));
  }

  // After a success.
  void Reset() { next_ = initial_; }

 private:
  const Delay initial_;
  const Delay max_;
  Delay next_ = initial_;
  std::mt19937_64 random_;
};

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_BACKOFF_H_
