#include "tests/crash/broker/daemon.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <vector>

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

#include "pavane/admin/v1/system.grpc.pb.h"

namespace pavane::crash {

Daemon::Daemon(std::string binary, std::string folder)
    : binary_(std::move(binary)), folder_(std::move(folder)) {}

Daemon::~Daemon() { Kill(); }

bool Daemon::Start() {
  ::unlink((folder_ + "/pavaned.sock").c_str());
  const std::string log = folder_ + "/pavaned.log";
  std::vector<std::string> arguments = {binary_,
                                        "--data-dir",
                                        folder_ + "/data",
                                        "--grpc-listen",
                                        address(),
                                        "--http-listen",
                                        "127.0.0.1:0",
                                        "--log.level",
                                        "warning",
                                        "--store.checkpoint_interval",
                                        "200ms"};
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const int output = ::open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(output, 1);
    ::dup2(output, 2);
    ::execv(binary_.c_str(), argv.data());
    ::_exit(127);
  }
  ::close(output);
  auto stub = pavane::admin::v1::SystemAdmin::NewStub(Connect());
  for (int attempt = 0; attempt < 300; ++attempt) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
    pavane::admin::v1::GetStatsResponse response;
    if (stub->GetStats(&context, {}, &response).ok() && response.ready()) return true;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      std::fprintf(stderr, "pavaned ended at start, status %d; see %s\n", status, log.c_str());
      pid_ = 0;
      return false;
    }
  }
  std::fprintf(stderr, "pavaned does not answer; see %s\n", log.c_str());
  return false;
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
