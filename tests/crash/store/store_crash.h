#ifndef PAVANE_TESTS_CRASH_STORE_STORE_CRASH_H_
#define PAVANE_TESTS_CRASH_STORE_STORE_CRASH_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "tests/crash/crash_tally.h"
#include "tests/crash/fail_point_list.h"
#include "tests/crash/store/ledger.h"

namespace pavane::testing {

/// Starts store_crash_child on a store again and again, each time to end in another way: killed at
/// a fail point or at random, also while it starts, on a full disk, at a failed sync, or in order.
/// After some kills the power goes as well: what was not synced is dropped or torn. The next child
/// compares the whole content before it writes on, so each crash costs one start.
class StoreCrash {
 public:
  struct Options {
    std::string folder;  // for the stores; one at a time, removed when it was right
    uint64_t seed = 0;
    std::string lie;      // a planted fault: PAVANE_FAILPOINT=NAME=lie
    std::string only_at;  // kill only at this fail point
    bool power_cuts = true;
    bool durability_os = false;
  };
  explicit StoreCrash(Options options);

  /// Until so many kills are done and checked, or there is a problem.
  void Run(uint64_t kills);
  const CrashTally& tally() const { return tally_; }

 private:
  struct Store;
  struct Plan;

  void LiveOneStore(uint64_t kills);
  Plan MakePlan(const Store& store);
  void Round(Store& store, const Plan& plan);
  void CountKill(Store& store, const Plan& plan, bool by_us);
  void CutPower(const Store& store);
  void CheckAtLast(Store& store);
  void Problem(const Store& store, const std::string& what);

  const Options options_;
  const std::vector<FailPointEntry> points_;
  SeededRandom random_;
  CrashTally tally_;
};

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_CRASH_STORE_STORE_CRASH_H_
