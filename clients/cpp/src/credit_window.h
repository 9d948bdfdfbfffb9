#ifndef PAVANE_CLIENTS_CPP_SRC_CREDIT_WINDOW_H_
#define PAVANE_CLIENTS_CPP_SRC_CREDIT_WINDOW_H_

#include <cstddef>

#include "clients/cpp/src/clock.h"

namespace pavane {
inline namespace client {
namespace internal {

// How many deliveries a service holds or asks for at one time: as the options say, or else found
// out. It doubles when handlers ran dry although the broker had used up all credits, and shrinks
// when a held delivery waits for long, so that other instances and the broker's queue keep what
// this instance cannot do soon. No thread, no lock: the owner calls it under its mutex.
class CreditWindow {
 public:
  // `fixed` 0: found out, from `least` on.
  CreditWindow(size_t fixed, size_t least)
      : adapts_(fixed == 0), least_(least), size_(adapts_ ? least : fixed) {}

  size_t size() const { return size_; }

  // The broker has got credits; it has used up all; a handler found nothing to do; a handler has
  // returned.
  void Granted() { exhausted_ = false; }
  void Exhausted() { exhausted_ = true; }
  void Starved() { starved_ = starved_ || exhausted_; }
  void Finished(SteadyTime now);

 private:
  const bool adapts_;
  const size_t least_;
  size_t size_;
  bool exhausted_ = false;
  // Since the window last turned over.
  size_t finished_ = 0;
  SteadyTime since_ = {};
  bool starved_ = false;
};

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_CREDIT_WINDOW_H_
