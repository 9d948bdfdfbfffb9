#ifndef PAVANE_CLIENTS_CPP_SRC_SIGNAL_WATCH_H_
#define PAVANE_CLIENTS_CPP_SRC_SIGNAL_WATCH_H_

namespace pavane {
inline namespace client {
namespace internal {

// While alive, SIGTERM and SIGINT are noted instead of ending the program. Several may be alive at
// one time, all see the signal. With the last one the former handlers come back.
class SignalWatch {
 public:
  SignalWatch();
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  // Readable from the first signal on.
  int fd() const;
};

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_SIGNAL_WATCH_H_
