#ifndef PAVANE_TESTS_CRASH_BROKER_DAEMON_H_
#define PAVANE_TESTS_CRASH_BROKER_DAEMON_H_

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>

#include "grpcpp/channel.h"

namespace pavane::crash {

/// A pavaned over one folder, killed and started again. Its gRPC door is a unix socket in the
/// folder, so clients find it at the same place after each start.
class Daemon {
 public:
  enum class Started { kReady, kKilled, kFailed };

  /// `lie`: a planted fault that every start has; empty: none.
  Daemon(std::string binary, std::string folder, std::string lie);
  ~Daemon();

  /// Starts it and waits until it answers. `fail_point` (name:n, or empty) may kill it before or
  /// after; kFailed when it ended by itself or does not answer within ten minutes.
  Started Start(const std::string& fail_point);
  /// Waits for its death at the fail point; false when it still lives after that time.
  bool AwaitDeath(std::chrono::milliseconds patience);
  /// SIGKILL, and waits for the end.
  void Kill();
  /// SIGTERM, and waits; the exit code, or -1 when it had to be killed.
  int Terminate();

  std::shared_ptr<grpc::Channel> Connect() const;
  std::string address() const { return "unix:" + folder_ + "/pavaned.sock"; }

 private:
  int Wait();
  bool Died(int* status);
  void Spawn(const std::string& fail_point);

  const std::string binary_;
  const std::string folder_;
  const std::string lie_;
  pid_t pid_ = 0;
};

}  // namespace pavane::crash

#endif  // PAVANE_TESTS_CRASH_BROKER_DAEMON_H_
