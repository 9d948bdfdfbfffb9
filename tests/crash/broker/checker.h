#ifndef PAVANE_TESTS_CRASH_BROKER_CHECKER_H_
#define PAVANE_TESTS_CRASH_BROKER_CHECKER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/crash/broker/daemon.h"

namespace pavane::crash {

/// Holds what the parties wrote down against what the broker has, through its public doors only.
class Checker {
 public:
  Checker(const Daemon& daemon, std::string folder);

  /// Waits until nothing is queued or in flight; false when that takes too long.
  bool AwaitQuiet();
  /// Runs all checks; each violation is one line of `problems`.
  void Check();

  uint64_t acknowledgements() const { return acknowledgements_; }
  uint64_t events() const { return events_; }
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  struct Facts;

  void ReadBroker(Facts& facts);
  void CheckPublishes(const Facts& facts);
  void CheckSettlements(const Facts& facts);
  void CheckWhole(const Facts& facts);
  void CheckRules(const Facts& facts);
  void Problem(const std::string& what);

  const Daemon& daemon_;
  const std::string folder_;
  uint64_t acknowledgements_ = 0;
  uint64_t events_ = 0;
  std::vector<std::string> problems_;
};

}  // namespace pavane::crash

#endif  // PAVANE_TESTS_CRASH_BROKER_CHECKER_H_
