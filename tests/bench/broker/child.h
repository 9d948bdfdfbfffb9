#ifndef PAVANE_TESTS_BENCH_BROKER_CHILD_H_
#define PAVANE_TESTS_BENCH_BROKER_CHILD_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace pavane::bench {

/// A process started by the bench, with its standard output as lines.
class Child {
 public:
  explicit Child(const std::vector<std::string>& arguments);
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
  /// CPU seconds so far, and the most memory it ever held.
  double CpuSeconds() const;
  double PeakMegabytes() const;

 private:
  pid_t pid_ = 0;
  int output_ = -1;
  std::string buffer_;
};

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_BROKER_CHILD_H_
