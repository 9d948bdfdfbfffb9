#ifndef PAVANE_TESTS_BENCH_BROKER_CHILD_H_
#define PAVANE_TESTS_BENCH_BROKER_CHILD_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace pavane::bench {

/// A process started by the bench, with its standard output as lines, and the processes it starts.
class Child {
 public:
  /// `quiet`: what it says on its standard error is dropped.
  explicit Child(const std::vector<std::string>& arguments, bool quiet = false);
  /// Kills it if it still runs.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// The next line without its end; empty at the end of the output.
  std::string ReadLine();
  /// Numbers of the next line.
  std::vector<double> ReadNumbers();
  /// Waits; the exit code, -1 when a signal ended it.
  int Wait();
  void Signal(int number);
  /// CPU seconds so far, of it and of all below it, ended or not.
  double CpuSeconds() const;
  /// The most memory it and those below it that still run ever held.
  double PeakBytes() const;
  /// What it holds now.
  double ResidentBytes() const;

 private:
  std::vector<pid_t> Family() const;
  double SumOfStatus(const char* field) const;

  pid_t pid_ = 0;
  int output_ = -1;
  std::string buffer_;
};

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_BROKER_CHILD_H_
