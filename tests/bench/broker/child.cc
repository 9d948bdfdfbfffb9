#include "tests/bench/broker/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace pavane::bench {

Child::Child(const std::vector<std::string>& arguments, bool quiet) {
  int ends[2];
  if (::pipe(ends) != 0) std::abort();
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.data()));
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(ends[1], 1);
    if (quiet) ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), 2);
    ::close(ends[0]);
    ::close(ends[1]);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  output_ = ends[0];
}

Child::~Child() {
  Signal(SIGKILL);
  Wait();
  ::close(output_);
}

std::string Child::ReadLine() {
  for (;;) {
    const size_t end = buffer_.find('\n');
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    char bytes[4096];
    const ssize_t size = ::read(output_, bytes, sizeof bytes);
    if (size <= 0) return "";
    buffer_.append(bytes, static_cast<size_t>(size));
  }
}

std::vector<double> Child::ReadNumbers() {
  std::istringstream words(ReadLine());
  std::vector<double> numbers;
  for (double number; words >> number;) numbers.push_back(number);
  return numbers;
}

int Child::Wait() {
  if (pid_ == 0) return -1;
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void Child::Signal(int number) {
  if (pid_ != 0) ::kill(pid_, number);
}

std::vector<pid_t> Child::Family() const {
  std::vector<pid_t> family = {pid_};
  for (size_t i = 0; i < family.size(); ++i) {
    // Children of each thread of it.
    const std::filesystem::path tasks = "/proc/" + std::to_string(family[i]) + "/task";
    std::error_code gone;
    for (const auto& task : std::filesystem::directory_iterator(tasks, gone)) {
      std::ifstream children(task.path() / "children");
      for (pid_t child = 0; children >> child;) family.push_back(child);
    }
  }
  return family;
}

double Child::CpuSeconds() const {
  double ticks = 0;
  for (const pid_t pid : Family()) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text);
    if (text.empty()) continue;
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;
    // User and system time of it, then of its ended and awaited children.
    double part = 0;
    for (int i = 0; i < 4 && fields >> part; ++i) ticks += part;
  }
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double Child::SumOfStatus(const char* field) const {
  double bytes = 0;
  for (const pid_t pid : Family()) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);) {
      if (line.rfind(field, 0) == 0) bytes += std::atof(line.c_str() + std::strlen(field)) * 1024;
    }
  }
  return bytes;
}

double Child::PeakBytes() const { return SumOfStatus("VmHWM:"); }
double Child::ResidentBytes() const { return SumOfStatus("VmRSS:"); }

}  // namespace pavane::bench
