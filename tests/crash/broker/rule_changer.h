#ifndef PAVANE_TESTS_CRASH_BROKER_RULE_CHANGER_H_
#define PAVANE_TESTS_CRASH_BROKER_RULE_CHANGER_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "tests/crash/broker/party.h"

namespace pavane::crash {

/// Enables and disables a rule again and again; after each answered change it publishes a `Probe`
/// event, which must match exactly the rule as answered. Writes `ID SEQUENCE MATCHED EXPECTED`.
class RuleChanger : public Party {
 public:
  RuleChanger(const Daemon& daemon, const std::string& log_path);
  ~RuleChanger() override { Stop(); }
  uint64_t changes() const { return changes_; }

 protected:
  void Run() override;

 private:
  std::atomic<uint64_t> changes_ = 0;
};

}  // namespace pavane::crash

#endif  // PAVANE_TESTS_CRASH_BROKER_RULE_CHANGER_H_
