#ifndef PAVANE_TESTS_CRASH_BROKER_RULE_CHANGER_H_
#define PAVANE_TESTS_CRASH_BROKER_RULE_CHANGER_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "tests/crash/broker/answer_log.h"
#include "tests/crash/broker/daemon.h"

namespace pavane::crash {

/// Enables and disables a rule again and again; after each answered change it publishes a `Probe`
/// event, which must match exactly the rule as answered. Writes `ID SEQUENCE MATCHED EXPECTED`.
class RuleChanger {
 public:
  RuleChanger(const Daemon& daemon, const std::string& log_path);
  ~RuleChanger();
  void Stop();
  uint64_t changes() const { return changes_; }

 private:
  void Run();

  const Daemon& daemon_;
  AnswerLog log_;
  std::atomic<bool> stop_ = false;
  std::atomic<uint64_t> changes_ = 0;
  std::thread thread_;
};

}  // namespace pavane::crash

#endif  // PAVANE_TESTS_CRASH_BROKER_RULE_CHANGER_H_
