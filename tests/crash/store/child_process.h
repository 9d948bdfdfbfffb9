#ifndef PAVANE_TESTS_CRASH_STORE_CHILD_PROCESS_H_
#define PAVANE_TESTS_CRASH_STORE_CHILD_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace pavane::testing {

/// A program started with some words and one variable more in its environment, its stderr in a
/// file.
class ChildProcess {
 public:
  enum class End { kRunning, kKilled, kExited, kOtherSignal };

  ChildProcess(std::vector<std::string> words, const std::string& variable,
               const std::string& stderr_path);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void Kill();
  /// How it ended, if it did.
  End Poll();
  /// Waits for the end.
  End Wait();
  /// After kExited: its code; after kOtherSignal: the signal.
  int code() const { return code_; }

 private:
  End Ended(int status);

  pid_t pid_ = 0;
  End end_ = End::kRunning;
  int code_ = 0;
};

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_CRASH_STORE_CHILD_PROCESS_H_
