#include "tests/crash/store/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

namespace pavane::testing {
namespace {

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

ChildProcess::ChildProcess(std::vector<std::string> words, const std::string& variable,
                           const std::string& stderr_path) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  if (!variable.empty()) environment.push_back(variable);
  std::vector<char*> argv = Pointers(words);
  std::vector<char*> envp = Pointers(environment);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 2, stderr_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                   0640);
  const int spawned =
      posix_spawn(&pid_, words[0].c_str(), &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  CHECK_EQ(spawned, 0) << words[0];
}

ChildProcess::~ChildProcess() {
  if (end_ != End::kRunning) return;
  Kill();
  Wait();
}

void ChildProcess::Kill() { kill(pid_, SIGKILL); }

ChildProcess::End ChildProcess::Poll() {
  int status = 0;
  if (end_ == End::kRunning && waitpid(pid_, &status, WNOHANG) == pid_) return Ended(status);
  return end_;
}

ChildProcess::End ChildProcess::Wait() {
  if (end_ != End::kRunning) return end_;
  int status = 0;
  CHECK_EQ(waitpid(pid_, &status, 0), pid_) << "it is ours";
  return Ended(status);
}

ChildProcess::End ChildProcess::Ended(int status) {
  if (WIFEXITED(status)) {
    end_ = End::kExited;
    code_ = WEXITSTATUS(status);
  } else {
    code_ = WTERMSIG(status);
    end_ = code_ == SIGKILL ? End::kKilled : End::kOtherSignal;
  }
  return end_;
}

}  // namespace pavane::testing
