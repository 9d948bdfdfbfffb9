#ifndef PAVANE_TESTS_CRASH_BROKER_DAEMON_H_
#define PAVANE_TESTS_CRASH_BROKER_DAEMON_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "grpcpp/channel.h"

namespace pavane::crash {

/// A pavaned over one folder, killed and started again. Its gRPC door is a unix socket in the
/// folder, so clients find it at the same place after each start.
class Daemon {
 public:
  Daemon(std::string binary, std::string folder);
  ~Daemon();

  /// Starts it and waits until it answers; false when it does not within half a minute.
  bool Start();
  /// SIGKILL, and waits for the end.
  void Kill();
  /// SIGTERM, and waits; the exit code, or -1 when it had to be killed.
  int Terminate();

  std::shared_ptr<grpc::Channel> Connect() const;
  std::string address() const { return "unix:" + folder_ + "/pavaned.sock"; }

 private:
  int Wait();

  const std::string binary_;
  const std::string folder_;
  pid_t pid_ = 0;
};

}  // namespace pavane::crash

#endif  // PAVANE_TESTS_CRASH_BROKER_DAEMON_H_
