#include "supervision/supervisor.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "base/log.h"

namespace pavane::supervision {

Supervisor::Supervisor(Options options, const std::vector<config::PluginConfig>& plugins,
                       Clock& clock, Random& random, metrics::CounterFamily& restarts)
    : options_(std::move(options)),
      clock_(clock),
      random_(random),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  for (const config::PluginConfig& plugin : plugins) {
    plugins_.push_back({plugin, RestartPolicy(options_.restart), restarts.With({plugin.name})});
  }
  Publish();
}

absl::Status Supervisor::Start() {
  if (plugins_.empty()) return absl::OkStatus();
  std::error_code error;
  std::filesystem::create_directories(options_.lock_dir, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot make ", options_.lock_dir, ": ", error.message()));
  }
  thread_ = Thread("supervision", [this] { Loop(); });
  return absl::OkStatus();
}

void Supervisor::Stop() {
  static_cast<void>(eventfd_write(wake_.get(), 1));
  thread_.Join();
}

std::vector<PluginStatus> Supervisor::Plugins() const {
  MutexLock lock(mu_);
  return published_;
}

void Supervisor::Loop() {
  while (!stopping_ || AnyRuns()) {
    if (!stopping_) StartDue();
    Publish();
    Wait();
    for (Plugin& plugin : plugins_) Look(plugin);
  }
  Publish();
}

void Supervisor::StartDue() {
  for (Plugin& plugin : plugins_) {
    if (plugin.process == nullptr && plugin.start_at <= clock_.MonotonicNow()) StartOne(plugin);
  }
}

void Supervisor::StartOne(Plugin& plugin) {
  if (++plugin.starts > 1) plugin.restarts.Add();
  PluginProcess::Options options;
  options.guard_program = options_.guard_program;
  options.lock_path = absl::StrCat(options_.lock_dir, "/", plugin.config.name, ".lock");
  options.lock_wait = options_.lock_wait;
  options.stop_limit = options_.stop_limit;
  options.working_dir = plugin.config.working_dir;
  options.command = plugin.config.command;
  options.environment = EnvironmentOf(plugin);
  options.output = [name = plugin.config.name](absl::string_view line) {
    LOG_INFO(line, {{"plugin", name}});
  };
  auto process = PluginProcess::Start(options);
  if (process.ok()) {
    plugin.process = *std::move(process);
  } else {
    OnEnded(plugin, std::string(process.status().message()));
  }
}

std::vector<std::string> Supervisor::EnvironmentOf(const Plugin& plugin) const {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::pair<std::string, std::string> split =
        absl::StrSplit(absl::string_view(*entry), absl::MaxSplits('=', 1));
    variables.insert(std::move(split));
  }
  for (const auto& [name, value] : plugin.config.environment) variables[name] = value;
  variables["PAVANE_GRPC_ADDRESS"] = options_.grpc_address;
  variables["PAVANE_PLUGIN_NAME"] = plugin.config.name;
  std::vector<std::string> environment;
  for (const auto& [name, value] : variables) {
    environment.push_back(absl::StrCat(name, "=", value));
  }
  return environment;
}

// Until something can be read, a plugin is due, or Stop is called.
void Supervisor::Wait() {
  std::vector<pollfd> fds = {{wake_.get(), POLLIN, 0}};
  std::vector<PluginProcess*> owners = {nullptr};
  for (Plugin& plugin : plugins_) {
    if (plugin.process == nullptr) continue;
    for (int fd : {plugin.process->output_fd(), plugin.process->status_fd()}) {
      fds.push_back({fd, POLLIN, 0});  // poll skips a closed one, which is -1
      owners.push_back(plugin.process.get());
    }
  }
  if (poll(fds.data(), fds.size(), WaitMilliseconds()) <= 0) return;
  for (size_t i = 1; i < fds.size(); ++i) {
    if (fds[i].revents == 0) continue;
    if (fds[i].fd == owners[i]->output_fd()) {
      owners[i]->ReadOutput();
    } else if (fds[i].fd == owners[i]->status_fd()) {
      owners[i]->ReadStatus();
    }
  }
  if (fds[0].revents != 0) {
    eventfd_t ignored;
    static_cast<void>(eventfd_read(wake_.get(), &ignored));
    stopping_ = true;
    for (Plugin& plugin : plugins_) {
      if (plugin.process != nullptr) plugin.process->AskToStop();
    }
  }
}

int Supervisor::WaitMilliseconds() const {
  MonotonicTime next = MonotonicTime::InfiniteFuture();
  if (stopping_) return -1;  // the guards end by themselves
  for (const Plugin& plugin : plugins_) {
    if (plugin.process == nullptr) next = std::min(next, plugin.start_at);
  }
  if (next == MonotonicTime::InfiniteFuture()) return -1;
  absl::Duration left = std::max(next - clock_.MonotonicNow(), absl::ZeroDuration());
  return static_cast<int>(absl::ToInt64Milliseconds(left)) + 1;
}

void Supervisor::Look(Plugin& plugin) {
  if (plugin.process == nullptr) return;
  pid_t pid = plugin.process->pid();
  if (pid != 0 && plugin.seen_pid == 0) {
    plugin.policy.OnStarted(clock_.MonotonicNow());
    LOG_INFO("plugin started", {{"plugin", plugin.config.name}, {"pid", pid}});
  }
  plugin.seen_pid = pid;
  if (!plugin.process->ended()) return;
  std::string end = plugin.process->end();
  plugin.process = nullptr;
  OnEnded(plugin, std::move(end));
}

void Supervisor::OnEnded(Plugin& plugin, std::string end) {
  MonotonicTime now = clock_.MonotonicNow();
  plugin.seen_pid = 0;
  plugin.start_at = plugin.policy.OnEnded(now, random_);
  plugin.last_exit = std::move(end);
  if (stopping_) {
    LOG_INFO("plugin stopped", {{"plugin", plugin.config.name}, {"end", plugin.last_exit}});
  } else {
    LOG_WARNING("plugin ended",
                {{"plugin", plugin.config.name},
                 {"end", plugin.last_exit},
                 {"restart_in", absl::Trunc(plugin.start_at - now, absl::Milliseconds(1))}});
  }
}

bool Supervisor::AnyRuns() const {
  return std::any_of(plugins_.begin(), plugins_.end(),
                     [](const Plugin& plugin) { return plugin.process != nullptr; });
}

void Supervisor::Publish() {
  std::vector<PluginStatus> status;
  for (const Plugin& plugin : plugins_) {
    status.push_back({plugin.config.name, plugin.seen_pid,
                      plugin.starts > 1 ? plugin.starts - 1 : 0, plugin.last_exit});
  }
  MutexLock lock(mu_);
  published_ = std::move(status);
}

}  // namespace pavane::supervision
