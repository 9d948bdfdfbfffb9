#include "clients/cpp/src/signal_watch.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <mutex>

namespace pavane {
inline namespace client {
namespace internal {
namespace {

// One for the program, as signal handlers are. The descriptor is made once and never closed, so
// that a late handler never writes to another file.
std::mutex mu;
int watches = 0;
struct sigaction former_term;
struct sigaction former_int;
int event_fd = -1;

void OnSignal(int) {
  const int saved = errno;
  const uint64_t one = 1;
  // It can only fail when it is readable anyway.
  [[maybe_unused]] const ssize_t written = ::write(event_fd, &one, sizeof(one));
  errno = saved;
}

}  // namespace

SignalWatch::SignalWatch() {
  const std::lock_guard<std::mutex> lock(mu);
  if (watches++ > 0) return;
  if (event_fd < 0) event_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGTERM, &action, &former_term);
  ::sigaction(SIGINT, &action, &former_int);
}

SignalWatch::~SignalWatch() {
  const std::lock_guard<std::mutex> lock(mu);
  if (--watches > 0) return;
  ::sigaction(SIGTERM, &former_term, nullptr);
  ::sigaction(SIGINT, &former_int, nullptr);
  uint64_t count = 0;
  // Nothing to read is fine.
  [[maybe_unused]] const ssize_t read = ::read(event_fd, &count, sizeof(count));
}

int SignalWatch::fd() const { return event_fd; }

}  // namespace internal
}  // namespace client
}  // namespace pavane
