#include "supervision/plugin_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "base/status_macros.h"
#include "supervision/guard_protocol.h"

namespace pavane::supervision {
namespace {

absl::Status SystemError(absl::string_view what, int error) {
  return absl::UnavailableError(absl::StrCat(what, ": ", strerror(error)));
}

struct Pipe {
  FileDescriptor read, write;
};

// Both ends are above the numbers that the guard gets them under, so that no dup2 overwrites
// another; and close-on-exec, so that no other child of the broker holds one open.
absl::StatusOr<Pipe> MakePipe() {
  int raw[2];
  if (pipe2(raw, O_CLOEXEC) != 0) return SystemError("pipe", errno);
  FileDescriptor low_read(raw[0]), low_write(raw[1]);
  Pipe pipe;
  pipe.read = FileDescriptor(fcntl(low_read.get(), F_DUPFD_CLOEXEC, 16));
  pipe.write = FileDescriptor(fcntl(low_write.get(), F_DUPFD_CLOEXEC, 16));
  if (!pipe.read.is_open() || !pipe.write.is_open()) return SystemError("pipe", errno);
  return pipe;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// posix_spawn's parameters with their destruction.
class SpawnSetup {
 public:
  SpawnSetup() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    // A session of its own: a Ctrl-C meant for the broker must not reach the plugins past it.
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);  // waits until the guard listens for it
    posix_spawnattr_setsigmask(&attributes_, &set);
    sigfillset(&set);
    posix_spawnattr_setsigdefault(&attributes_, &set);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  void Give(const FileDescriptor& fd, int as) {
    posix_spawn_file_actions_adddup2(&actions_, fd.get(), as);
  }

  absl::StatusOr<pid_t> Spawn(const std::string& program, std::vector<std::string> arguments,
                              std::vector<std::string> environment) {
    pid_t pid = 0;
    int error = posix_spawn(&pid, program.c_str(), &actions_, &attributes_,
                            Pointers(arguments).data(), Pointers(environment).data());
    if (error != 0) return SystemError(absl::StrCat("cannot start ", program), error);
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

std::vector<std::string> GuardArguments(const PluginProcess::Options& options) {
  std::vector<std::string> arguments = {
      "pavaned",
      kGuardFlag,
      options.lock_path,
      absl::StrCat(absl::ToInt64Milliseconds(options.lock_wait)),
      absl::StrCat(absl::ToInt64Milliseconds(options.stop_limit)),
      options.working_dir,
  };
  arguments.insert(arguments.end(), options.command.begin(), options.command.end());
  return arguments;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PluginProcess>> PluginProcess::Start(const Options& options) {
  ASSIGN_OR_RETURN(Pipe control, MakePipe());
  ASSIGN_OR_RETURN(Pipe status, MakePipe());
  ASSIGN_OR_RETURN(Pipe output, MakePipe());
  SpawnSetup setup;
  setup.Give(output.write, STDOUT_FILENO);
  setup.Give(output.write, STDERR_FILENO);
  setup.Give(control.read, kControlFd);
  setup.Give(status.write, kStatusFd);
  ASSIGN_OR_RETURN(pid_t guard, setup.Spawn(options.guard_program, GuardArguments(options),
                                            options.environment));
  for (int fd : {status.read.get(), output.read.get()}) fcntl(fd, F_SETFL, O_NONBLOCK);
  return std::unique_ptr<PluginProcess>(new PluginProcess(
      options, guard, std::move(control.write), std::move(status.read), std::move(output.read)));
}

PluginProcess::PluginProcess(const Options& options, pid_t guard, FileDescriptor control,
                             FileDescriptor status, FileDescriptor output)
    : guard_(guard),
      control_(std::move(control)),
      status_(std::move(status)),
      output_(std::move(output)),
      output_lines_(options.output),
      status_lines_([this](absl::string_view line) { OnStatusLine(line); }) {}

PluginProcess::~PluginProcess() {
  control_.Close();  // the guard kills what is below it and ends; it bounds that itself
  waitpid(guard_, nullptr, 0);
}

bool PluginProcess::ReadOutput() {
  char buffer[16'384];
  ssize_t n = read(output_.get(), buffer, sizeof(buffer));
  if (n > 0) output_lines_.Add(absl::string_view(buffer, n));
  if (n == 0) output_.Close();
  return n > 0;
}

void PluginProcess::ReadStatus() {
  char buffer[1'024];
  ssize_t n = read(status_.get(), buffer, sizeof(buffer));
  if (n > 0) {
    status_lines_.Add(absl::string_view(buffer, n));
  } else if (n == 0) {
    status_.Close();
    pid_ = 0;
    ended_ = true;
    // What it wrote last is in the pipe by now.
    while (output_.is_open() && ReadOutput()) {
    }
    output_lines_.Finish();
  }
}

void PluginProcess::OnStatusLine(absl::string_view line) {
  absl::string_view rest = line;
  if (absl::ConsumePrefix(&rest, kStarted)) {
    static_cast<void>(absl::SimpleAtoi(rest, &pid_));
  } else if (absl::ConsumePrefix(&rest, kExited)) {
    end_ = absl::StrCat("exit code ", rest);
  } else if (absl::ConsumePrefix(&rest, kKilled)) {
    end_ = absl::StrCat("killed by signal ", rest);
  } else if (absl::ConsumePrefix(&rest, kFailed)) {
    end_ = std::string(rest);
  }
}

void PluginProcess::AskToStop() {
  if (std::exchange(asked_to_stop_, true)) return;
  kill(guard_, SIGTERM);  // not reaped before the destructor, so the number is its own
}

}  // namespace pavane::supervision
