// ^C and a time limit, for commands that would go on for ever.
#ifndef PAVANE_CLIENTS_CLI_INTERRUPT_H_
#define PAVANE_CLIENTS_CLI_INTERRUPT_H_

#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <thread>

#include "absl/time/time.h"

namespace pavane::cli {

// While it lives, SIGINT and SIGTERM do not end the process but call `on_stop`, once, on a thread
// of its own; so does the end of `limit`. A second signal ends the process as usual. Writing to a
// closed pipe fails instead of ending the process, so that what was received can still be given
// back. At most one object lives at a time.
class Interrupt {
 public:
  Interrupt(std::optional<absl::Duration> limit, std::function<void()> on_stop);
  // After it, on_stop is not running and never called.
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // A signal came or the limit is over.
  bool stopped() const { return stopped_; }
  // The limit was over before a signal came.
  bool limit_over() const { return limit_over_; }

 private:
  void Watch(std::optional<absl::Duration> limit);

  const std::function<void()> on_stop_;
  // The signal handler writes to it, and the destructor.
  std::array<int, 2> pipe_ = {-1, -1};
  std::atomic<bool> stopped_ = false;
  std::atomic<bool> limit_over_ = false;
  std::thread thread_;
};

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_INTERRUPT_H_
