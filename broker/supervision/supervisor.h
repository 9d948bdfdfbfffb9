// Runs the service plugins that the configuration lists: starts each one, forwards its output to
// the log, starts it again when it ends, and stops all of them with the broker.
//
// Owned by the server; start it when the gRPC door is open, stop it before the door closes, so that
// plugins can drain. One thread of its own does everything; Plugins() may be called from any.
#ifndef PAVANE_SUPERVISION_SUPERVISOR_H_
#define PAVANE_SUPERVISION_SUPERVISOR_H_

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

#include "base/clock.h"
#include "base/mutex.h"
#include "base/random.h"
#include "base/thread.h"
#include "config/config.h"
#include "metrics/family.h"
#include "supervision/file_descriptor.h"
#include "supervision/plugin_process.h"
#include "supervision/restart_policy.h"

namespace pavane::supervision {

// One plugin, for the admin API.
struct PluginStatus {
  std::string name;
  pid_t pid = 0;  // 0: not running
  uint64_t restarts = 0;
  std::string last_exit;  // empty: it never ended
};

class Supervisor {
 public:
  struct Options {
    std::string lock_dir;      // made if missing; NAME.lock per plugin
    std::string grpc_address;  // for PAVANE_GRPC_ADDRESS
    std::string guard_program = "/proc/self/exe";
    absl::Duration lock_wait = absl::Seconds(10);   // for processes of a broker that was killed
    absl::Duration stop_limit = absl::Seconds(10);  // from SIGTERM to SIGKILL
    RestartPolicy::Options restart;
  };

  // `clock`, `random` and `restarts` (labels: plugin) must outlive it. Nothing starts yet.
  Supervisor(Options options, const std::vector<config::PluginConfig>& plugins, Clock& clock,
             Random& random, metrics::CounterFamily& restarts);
  ~Supervisor() { Stop(); }
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  absl::Status Start();
  // Returns when no process of any plugin is left. Repeated calls do nothing.
  void Stop();

  // In the order of the configuration.
  std::vector<PluginStatus> Plugins() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Plugin {
    config::PluginConfig config;
    RestartPolicy policy;
    metrics::Counter& restarts;
    MonotonicTime start_at = MonotonicTime::InfinitePast();
    uint64_t starts = 0;
    std::unique_ptr<PluginProcess> process = nullptr;
    pid_t seen_pid = 0;
    std::string last_exit = "";
  };

  void Loop();
  void StartDue();
  void StartOne(Plugin& plugin);
  void Wait();
  int WaitMilliseconds() const;
  void Look(Plugin& plugin);
  void OnEnded(Plugin& plugin, std::string end);
  void Publish() ABSL_LOCKS_EXCLUDED(mu_);
  bool AnyRuns() const;
  std::vector<std::string> EnvironmentOf(const Plugin& plugin) const;

  const Options options_;
  Clock& clock_;
  Random& random_;
  const FileDescriptor wake_;  // eventfd: Stop was called

  // Supervision thread only.
  std::deque<Plugin> plugins_;
  bool stopping_ = false;

  mutable Mutex mu_;
  std::vector<PluginStatus> published_ ABSL_GUARDED_BY(mu_);

  Thread thread_;
};

}  // namespace pavane::supervision

#endif  // PAVANE_SUPERVISION_SUPERVISOR_H_
