#include "supervision/plugin_guard.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "base/clock.h"
#include "supervision/child_processes.h"
#include "supervision/guard_protocol.h"
#include "supervision/lock_holders.h"

namespace pavane::supervision {
namespace {

struct Job {
  std::string lock_path;
  absl::Duration lock_wait;
  absl::Duration stop_limit;
  std::string working_dir;
  std::vector<char*> command;  // ends with null
};

enum class Order { kNone, kStop, kKill };

// Runs one plugin once.
class Guard {
 public:
  explicit Guard(Job job) : job_(std::move(job)) {}

  int Run() {
    SetUp();
    if (!TakeLock() || !StartPlugin()) return 1;
    Watch();
    std::string end = DescribeEnd();
    // The leader is not reaped before this, so its group's number still is its own.
    kill(-plugin_, SIGKILL);
    KillAllChildren(kKillLimit);
    Report(end);
    return 0;
  }

 private:
  static constexpr absl::Duration kKillLimit = absl::Seconds(10);
  static constexpr absl::Duration kLockPoll = absl::Milliseconds(20);

  void SetUp() {
    fcntl(kControlFd, F_SETFD, FD_CLOEXEC);
    fcntl(kStatusFd, F_SETFD, FD_CLOEXEC);
    prctl(PR_SET_NAME, "pavane-guard");  // or else ps shows "exe", from /proc/self/exe
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    std::signal(SIGPIPE, SIG_IGN);  // the broker may be gone when we report
    sigset_t signals;
    sigemptyset(&signals);
    for (int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    signals_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  }

  bool TakeLock() {
    // Inherited on purpose: see the head of the header.
    int lock = open(job_.lock_path.c_str(), O_RDWR | O_CREAT, 0644);
    if (lock < 0) return Fail(absl::StrCat("cannot open ", job_.lock_path, ": ", strerror(errno)));
    MonotonicTime deadline = clock_.MonotonicNow() + job_.lock_wait;
    while (flock(lock, LOCK_EX | LOCK_NB) != 0) {
      if (clock_.MonotonicNow() > deadline) {
        const std::string holders = HoldersOf(lock);
        return Fail(absl::StrCat(job_.lock_path, " is still locked by processes of an earlier run",
                                 holders.empty() ? "" : ": ", holders));
      }
      if (NextOrder(clock_.MonotonicNow() + kLockPoll) != Order::kNone) {
        return Fail("stopped while waiting for the lock");
      }
    }
    return true;
  }

  bool StartPlugin() {
    int errors[2];
    if (pipe2(errors, O_CLOEXEC) != 0) return Fail(absl::StrCat("pipe: ", strerror(errno)));
    pid_t guard = getpid();
    plugin_ = fork();
    if (plugin_ < 0) return Fail(absl::StrCat("fork: ", strerror(errno)));
    if (plugin_ == 0) BecomePlugin(guard, errors[1]);
    close(errors[1]);
    int error = 0;
    ssize_t got = read(errors[0], &error, sizeof(error));
    close(errors[0]);
    if (got > 0) {
      return Fail(absl::StrCat("cannot start ", job_.command[0], ": ", strerror(error)));
    }
    Report(absl::StrCat(kStarted, plugin_));
    return true;
  }

  // In the child; does not return.
  [[noreturn]] void BecomePlugin(pid_t guard, int errors) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != guard) _exit(1);  // it died before the line above
    std::signal(SIGPIPE, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    if (job_.working_dir.empty() || chdir(job_.working_dir.c_str()) == 0) {
      execvp(job_.command[0], job_.command.data());
    }
    int error = errno;
    static_cast<void>(!write(errors, &error, sizeof(error)));
    _exit(127);
  }

  // Until the plugin has ended or must be killed.
  void Watch() {
    MonotonicTime kill_at = MonotonicTime::InfiniteFuture();
    while (!PluginEnded() && clock_.MonotonicNow() < kill_at) {
      Order order = NextOrder(kill_at);
      if (order == Order::kKill) return;
      if (order == Order::kStop && kill_at == MonotonicTime::InfiniteFuture()) {
        kill(-plugin_, SIGTERM);
        kill_at = clock_.MonotonicNow() + job_.stop_limit;
      }
    }
  }

  // Waits for an order, a signal or the deadline.
  Order NextOrder(MonotonicTime deadline) {
    int timeout = -1;
    if (deadline < MonotonicTime::InfiniteFuture()) {
      absl::Duration left = deadline - clock_.MonotonicNow();
      timeout = static_cast<int>(absl::ToInt64Milliseconds(left)) + 1;
      if (timeout < 0) timeout = 0;
    }
    pollfd fds[] = {{kControlFd, 0, 0}, {signals_, POLLIN, 0}};
    if (poll(fds, 2, timeout) <= 0) return Order::kNone;
    if (fds[0].revents != 0) return Order::kKill;
    Order order = Order::kNone;
    signalfd_siginfo info;
    while (read(signals_, &info, sizeof(info)) == sizeof(info)) {
      if (info.ssi_signo != SIGCHLD) order = Order::kStop;
    }
    return order;
  }

  // Also buries adopted orphans, but leaves the plugin itself.
  bool PluginEnded() {
    siginfo_t info;
    for (;;) {
      info.si_pid = 0;
      if (waitid(P_PID, plugin_, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
        return true;
      }
      info.si_pid = 0;
      if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) {
        return false;
      }
      if (info.si_pid != plugin_) waitpid(info.si_pid, nullptr, 0);
    }
  }

  std::string DescribeEnd() {
    siginfo_t info;
    info.si_pid = 0;
    waitid(P_PID, plugin_, &info, WEXITED | WNOHANG | WNOWAIT);
    if (info.si_pid == 0) return absl::StrCat(kKilled, SIGKILL);  // which Run does next
    return absl::StrCat(info.si_code == CLD_EXITED ? kExited : kKilled, info.si_status);
  }

  bool Fail(absl::string_view message) {
    Report(absl::StrCat(kFailed, message));
    return false;
  }

  void Report(absl::string_view line) {
    std::string text = absl::StrCat(line, "\n");
    static_cast<void>(!write(kStatusFd, text.data(), text.size()));
  }

  const Job job_;
  SystemClock& clock_ = SystemClock::Get();
  int signals_ = -1;
  pid_t plugin_ = 0;
};

}  // namespace

std::optional<int> RunPluginGuardIfAsked(int argc, char** argv) {
  if (argc < 2 || std::strcmp(argv[1], kGuardFlag) != 0) return std::nullopt;
  int64_t lock_wait_ms = 0, stop_ms = 0;
  if (argc < 7 || !absl::SimpleAtoi(argv[3], &lock_wait_ms) ||
      !absl::SimpleAtoi(argv[4], &stop_ms) || fcntl(kControlFd, F_GETFD) < 0 ||
      fcntl(kStatusFd, F_GETFD) < 0) {
    static constexpr char kText[] = "--plugin-guard is for the broker's own use\n";
    static_cast<void>(!write(STDERR_FILENO, kText, sizeof(kText) - 1));
    return 2;
  }
  return Guard({argv[2], absl::Milliseconds(lock_wait_ms), absl::Milliseconds(stop_ms), argv[5],
                std::vector<char*>(argv + 6, argv + argc + 1)})
      .Run();
}

}  // namespace pavane::supervision
