#include "clients/cpp/src/credit_window.h"

#include <algorithm>

namespace pavane {
inline namespace client {
namespace internal {
namespace {

constexpr size_t kSizeMax = 4'096;
// Handlers should get through what is held in this time.
constexpr Milliseconds kHoldTime(100);

}  // namespace

void CreditWindow::Finished(SteadyTime now) {
  if (!adapts_) return;
  if (finished_ == 0 && since_ == SteadyTime()) since_ = now;
  if (++finished_ < size_) return;
  const auto took = now - since_;
  if (starved_) {
    size_ = std::min(2 * size_, kSizeMax);
  } else if (took > kHoldTime) {
    const double share = std::chrono::duration<double>(kHoldTime) / took;
    size_ = std::max(least_, static_cast<size_t>(static_cast<double>(size_) * share));
  }
  finished_ = 0;
  since_ = now;
  starved_ = false;
}

}  // namespace internal
}  // namespace client
}  // namespace pavane
