#ifndef PAVANE_TESTS_CRASH_BROKER_CHECKER_H_
#define PAVANE_TESTS_CRASH_BROKER_CHECKER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/crash/broker/broker_facts.h"

namespace pavane::crash {

/// Holds what the parties wrote down against what the broker has. Reads nothing but their files and
/// the broker's public doors:
///
/// * no acknowledged event is lost, doubled or renumbered, and the bus has no gap;
/// * every event was delivered and ended once; each accepted settlement has its emit, its dead
///   letter, and they have it; a settled delivery did not come again; attempts did not fall;
/// * every dead letter is there, was sent back or was purged;
/// * counters add up, FailedInvocations never fell;
/// * late settlements were refused; each event met the rules in force; unsettled counts were exact.
class Checker {
 public:
  Checker(BrokerFacts facts, std::string folder);

  /// Runs all checks; each violation is one line of `problems`.
  void Check();

  uint64_t acknowledgements() const { return acknowledgements_; }
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  // What the worker was told, by event.
  struct WorkerLog {
    std::map<std::string, std::vector<uint64_t>> acks;
    std::map<std::string, std::vector<uint64_t>> rejects;
    std::map<std::string, uint64_t> gots;
  };

  void CheckPublishes();
  void ReadWorkerLog();
  void FollowAttempts();
  void CheckEnds();
  void CheckEmits(const std::string& id, const std::string& what,
                  const std::map<std::string, std::vector<uint64_t>>& told,
                  const std::map<std::string, std::vector<uint64_t>>& stored);
  void CheckSink();
  void CheckNumbers();
  void CheckCounters();
  void CheckFailures();
  void CheckRules();
  void CheckUnsettled();
  void Problem(const std::string& what);

  const BrokerFacts facts_;
  const std::string folder_;
  WorkerLog worker_;
  std::map<std::string, uint64_t> redriven_;  // by event
  std::map<std::string, uint64_t> purged_;
  uint64_t acknowledgements_ = 0;
  std::vector<std::string> problems_;
};

}  // namespace pavane::crash

#endif  // PAVANE_TESTS_CRASH_BROKER_CHECKER_H_
