#include "tests/crash/broker/daemon.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string_view>
#include <thread>
#include <vector>

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

#include "base/check.h"
#include "pavane/admin/v1/system.grpc.pb.h"

namespace pavane::crash {
namespace {

// Long: the machine may be busy with much else, and this run be the nicest of all.
constexpr std::chrono::seconds kStartPatience(600);

const std::string kFailPointVariable = "PAVANE_FAILPOINT=";

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Daemon::Daemon(std::string binary, std::string folder, std::string lie)
    : binary_(std::move(binary)), folder_(std::move(folder)), lie_(std::move(lie)) {}

Daemon::~Daemon() { Kill(); }

void Daemon::Spawn(const std::string& fail_point) {
  ::unlink((folder_ + "/pavaned.sock").c_str());
  std::vector<std::string> arguments = {binary_,
                                        "--data-dir",
                                        folder_ + "/data",
                                        "--grpc-listen",
                                        address(),
                                        "--http-listen",
                                        "",
                                        "--log.level",
                                        "warning",
                                        "--store.checkpoint_interval",
                                        "150ms"};
  std::string points = fail_point;
  if (!lie_.empty()) points += (points.empty() ? "" : ",") + lie_ + "=lie";
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with(kFailPointVariable)) environment.emplace_back(*entry);
  }
  if (!points.empty()) environment.push_back(kFailPointVariable + points);
  std::vector<char*> argv = Pointers(arguments);
  std::vector<char*> envp = Pointers(environment);
  const std::string output = folder_ + "/pavaned.log";
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_CREAT | O_WRONLY | O_APPEND,
                                     0644);
  ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
  // Not fork: this process has threads, and a child of it that allocates may wait for ever.
  const int error =
      ::posix_spawn(&pid_, binary_.c_str(), &actions, nullptr, argv.data(), envp.data());
  ::posix_spawn_file_actions_destroy(&actions);
  CHECK_EQ(error, 0) << binary_;
}

Daemon::Started Daemon::Start(const std::string& fail_point) {
  Spawn(fail_point);
  auto stub = pavane::admin::v1::SystemAdmin::NewStub(Connect());
  const auto until = std::chrono::steady_clock::now() + kStartPatience;
  while (std::chrono::steady_clock::now() < until) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
    pavane::admin::v1::GetStatsResponse response;
    if (stub->GetStats(&context, {}, &response).ok() && response.ready()) return Started::kReady;
    int status = 0;
    if (!Died(&status)) continue;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return Started::kKilled;
    std::fprintf(stderr, "pavaned ended at start, status %d; see %s/pavaned.log\n", status,
                 folder_.c_str());
    return Started::kFailed;
  }
  std::fprintf(stderr, "pavaned does not answer; see %s/pavaned.log\n", folder_.c_str());
  return Started::kFailed;
}

bool Daemon::Died(int* status) {
  if (::waitpid(pid_, status, WNOHANG) != pid_) return false;
  pid_ = 0;
  return true;
}

bool Daemon::AwaitDeath(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  int status = 0;
  while (!Died(&status)) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

std::shared_ptr<grpc::Channel> Daemon::Connect() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address(), grpc::InsecureChannelCredentials(), arguments);
}

void Daemon::Kill() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  Wait();
}

int Daemon::Terminate() {
  if (pid_ == 0) return -1;
  ::kill(pid_, SIGTERM);
  return Wait();
}

int Daemon::Wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace pavane::crash
