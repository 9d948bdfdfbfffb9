#ifndef PAVANE_TESTS_CRASH_BROKER_CAMPAIGN_H_
#define PAVANE_TESTS_CRASH_BROKER_CAMPAIGN_H_

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/crash/broker/crash_publisher.h"
#include "tests/crash/broker/crash_service.h"
#include "tests/crash/broker/daemon.h"
#include "tests/crash/crash_tally.h"
#include "tests/crash/fail_point_list.h"

namespace pavane::crash {

/// One broker's life under load: kills it with SIGKILL again and again, at fail points (in builds
/// that have them) and at random, while publishers, services, a rule changer and a redriver work
/// on; then lets everything come to rest and has it checked.
class Campaign {
 public:
  struct Options {
    std::string binary;
    std::string folder;
    uint64_t kills = 100;
    uint64_t seed = 0;
    uint64_t rate_min = 0;                                      // events/s while it is up
    std::string lie;                                            // a planted fault
    std::string only_at;                                        // kill only at this fail point
    std::chrono::seconds patience = std::chrono::seconds(900);  // until all is settled at last
  };
  explicit Campaign(Options options);

  /// Prints the tally and ends the process where the broker does not start again.
  void Run();
  const testing::CrashTally& tally() const { return tally_; }

 private:
  [[noreturn]] void GiveUp(const std::string& what);
  void StartWithRules();
  void PutRule(const std::string& name, const std::string& type, const std::string& service);
  void KillAgainAndAgain(CrashPublisher& publisher, const CrashService& worker,
                         const CrashService& sink);
  std::string ChooseFailPoint();
  bool AwaitQuiet();
  void Check(bool quiet);
  void CheckLoad();

  const Options options_;
  const std::vector<testing::FailPointEntry> points_;
  std::mt19937_64 random_;
  Daemon daemon_;
  testing::CrashTally tally_;
  std::chrono::nanoseconds up_ = {};
};

}  // namespace pavane::crash

#endif  // PAVANE_TESTS_CRASH_BROKER_CAMPAIGN_H_
