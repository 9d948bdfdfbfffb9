#include "supervision/child_processes.h"

#include <dirent.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "base/clock.h"

namespace pavane::supervision {
namespace {

// 0 if the process is gone.
pid_t ParentOf(pid_t pid) {
  std::ifstream in(absl::StrCat("/proc/", pid, "/stat"));
  std::string text;
  std::getline(in, text);
  size_t end_of_command = text.rfind(')');
  if (end_of_command == std::string::npos) return 0;
  // After the command: " STATE PARENT ..."
  std::vector<absl::string_view> fields =
      absl::StrSplit(absl::string_view(text).substr(end_of_command + 1), ' ');
  pid_t parent = 0;
  return fields.size() > 2 && absl::SimpleAtoi(fields[2], &parent) ? parent : 0;
}

}  // namespace

std::vector<pid_t> ChildProcesses() {
  std::vector<pid_t> children;
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return children;
  while (const dirent* entry = readdir(proc)) {
    pid_t pid = 0;
    if (absl::SimpleAtoi(entry->d_name, &pid) && ParentOf(pid) == getpid()) children.push_back(pid);
  }
  closedir(proc);
  return children;
}

bool KillAllChildren(absl::Duration limit) {
  Clock& clock = SystemClock::Get();
  MonotonicTime deadline = clock.MonotonicNow() + limit;
  for (;;) {
    // Our own children keep their numbers until we reap them, so none of these is a stranger.
    for (pid_t child : ChildProcesses()) kill(child, SIGKILL);
    pid_t reaped;
    while ((reaped = waitpid(-1, nullptr, WNOHANG)) > 0) {
    }
    if (reaped < 0 && errno == ECHILD) return true;
    if (clock.MonotonicNow() > deadline) return false;
    timespec pause = {0, 2'000'000};
    nanosleep(&pause, nullptr);
  }
}

}  // namespace pavane::supervision
