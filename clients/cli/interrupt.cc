#include "clients/cli/interrupt.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/time/clock.h"

namespace pavane::cli {
namespace {

// The pipe's writing end, for the handler, which has nothing else.
std::atomic<int> signal_pipe = -1;

constexpr char kSignal = 's';
constexpr char kQuit = 'q';

extern "C" void OnSignal(int) {
  const int pipe = signal_pipe;
  // A full pipe has a wake-up in it already.
  if (pipe >= 0) [[maybe_unused]]
    ssize_t written = write(pipe, &kSignal, 1);
}

void Handle(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  // The second ^C finds the default action.
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

Interrupt::Interrupt(std::optional<absl::Duration> limit, std::function<void()> on_stop)
    : on_stop_(std::move(on_stop)) {
  // Out of descriptors: then ^C just ends the process.
  if (pipe(pipe_.data()) != 0) return;
  signal_pipe = pipe_[1];
  Handle(OnSignal);
  signal(SIGPIPE, SIG_IGN);
  thread_ = std::thread([this, limit] { Watch(limit); });
}

Interrupt::~Interrupt() {
  if (!thread_.joinable()) return;
  Handle(SIG_DFL);
  signal(SIGPIPE, SIG_DFL);
  signal_pipe = -1;
  [[maybe_unused]] ssize_t written = write(pipe_[1], &kQuit, 1);
  thread_.join();
  close(pipe_[0]);
  close(pipe_[1]);
}

void Interrupt::Watch(std::optional<absl::Duration> limit) {
  const absl::Time end = absl::Now() + limit.value_or(absl::InfiniteDuration());
  while (true) {
    const absl::Duration left = end - absl::Now();
    // poll() takes an int of milliseconds: long waits in slices, +1 so that it never ends early.
    const int64_t slice = std::min<int64_t>(absl::ToInt64Milliseconds(left), 3'600'000) + 1;
    pollfd fd = {pipe_[0], POLLIN, 0};
    const int ready = poll(&fd, 1, left <= absl::ZeroDuration() ? 0 : static_cast<int>(slice));
    char what = kSignal;
    if (ready > 0 && read(pipe_[0], &what, 1) == 1 && what == kQuit) return;
    limit_over_ = ready <= 0 && absl::Now() >= end;
    if (ready > 0 || limit_over_) break;
  }
  stopped_ = true;
  on_stop_();
}

}  // namespace pavane::cli
