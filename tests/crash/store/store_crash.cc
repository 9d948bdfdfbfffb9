#include "tests/crash/store/store_crash.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "tests/crash/store/child_process.h"
#include "tests/support/fault_env.h"

namespace pavane::testing {
namespace {

constexpr int kStoreFailed = 3;
// After so many kills a new store: all of its content is compared each time.
constexpr uint64_t kKillsOfOneStore = 12;
constexpr uint64_t kTransactionsMax = 1'000;  // of one child
// A child that has not passed its fail point by then is killed all the same.
constexpr uint64_t kPatienceTransactions = 40;
constexpr uint64_t kDelayUsMax = 3'000;
// Small, so that memtables are flushed, tables merged and manifests written under the kills.
constexpr uint64_t kSmallMemtablesBytes = 64 << 10;
constexpr std::chrono::seconds kPatience(600);

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

struct StoreCrash::Store {
  Store(std::string store_folder, uint64_t store_seed, bool small)
      : folder(std::move(store_folder)),
        seed(store_seed),
        memtables_bytes(small ? kSmallMemtablesBytes : 0),
        ledger(absl::StrCat(folder, "/ledger")) {}

  const std::string folder;
  const uint64_t seed;
  const uint64_t memtables_bytes;
  Ledger ledger;
  uint64_t kills = 0;
  uint64_t checks_before = 0;  // the child that runs
  uint64_t own_kills_before = 0;
};

// How the next child is to end.
struct StoreCrash::Plan {
  std::string kind;                  // fail_point, start, random, disk_full, sync_failed, orderly
  std::string fail_point;            // name:n
  std::vector<std::string> options;  // the child's
  std::chrono::microseconds start_kill = std::chrono::hours(1);
  uint64_t transactions = kTransactionsMax;
};

StoreCrash::StoreCrash(Options options)
    : options_(std::move(options)), points_(ReadFailPoints("store")), random_(options_.seed) {
  tally_.seed = options_.seed;
}

void StoreCrash::Run(uint64_t kills) {
  while (tally_.kills < kills && tally_.problems.empty()) {
    LiveOneStore(std::min(kKillsOfOneStore, kills - tally_.kills));
  }
}

void StoreCrash::LiveOneStore(uint64_t kills) {
  const uint64_t seed = random_.Uniform(1'000'000'000);
  const std::string folder = absl::StrCat(options_.folder, "/store-", seed);
  std::filesystem::create_directories(folder);
  Store store(folder, seed, random_.Uniform(2) == 0);
  while (store.kills < kills && tally_.problems.empty()) Round(store, MakePlan(store));
  if (tally_.problems.empty()) CheckAtLast(store);
  if (!tally_.problems.empty()) return;  // it stays for who looks
  tally_.acknowledged += store.ledger->acknowledged;
  tally_.figures["checks"] += store.ledger->checks;
  std::filesystem::remove_all(folder);
}

StoreCrash::Plan StoreCrash::MakePlan(const Store& store) {
  Plan plan;
  const uint64_t chance = random_.Uniform(100);
  uint64_t kill = UINT64_MAX;
  if (!options_.only_at.empty()) {
    plan.kind = "fail_point";
    plan.fail_point = absl::StrCat(options_.only_at, ":", 1 + random_.Uniform(20));
  } else if (chance < 65 && !points_.empty()) {
    plan.kind = "fail_point";
    const FailPointEntry& point = points_[random_.Uniform(points_.size())];
    plan.fail_point = absl::StrCat(point.name, ":", 1 + random_.Uniform(point.passings_max));
    kill = kPatienceTransactions;
  } else if (chance < 72) {
    plan.kind = "start";
    plan.start_kill = std::chrono::microseconds(random_.Uniform(40'000));
    kill = kPatienceTransactions;
  } else if (chance < 92 || store.kills == 0) {
    plan.kind = "random";
    kill = random_.Uniform(kPatienceTransactions);
  } else if (chance < 95) {
    plan.kind = "disk_full";
    const uint64_t bytes = random_.Uniform(random_.Uniform(2) == 0 ? 4'000 : 120'000);
    plan.options.push_back(absl::StrCat("space=", bytes));
  } else if (chance < 98) {
    plan.kind = "sync_failed";
    plan.options.push_back(absl::StrCat("syncs=", random_.Uniform(12)));
  } else {
    plan.kind = "orderly";
    plan.transactions = random_.Uniform(100);
  }
  if (kill != UINT64_MAX) {
    plan.options.push_back(absl::StrCat("kill=", kill));
    plan.options.push_back(absl::StrCat("delay_us=", random_.Uniform(kDelayUsMax)));
  }
  return plan;
}

void StoreCrash::Round(Store& store, const Plan& plan) {
  std::vector<std::string> words = {STORE_CRASH_CHILD,
                                    store.folder,
                                    absl::StrCat(store.seed),
                                    options_.durability_os ? "os" : "fsync",
                                    absl::StrCat(plan.transactions),
                                    absl::StrCat(store.memtables_bytes)};
  words.insert(words.end(), plan.options.begin(), plan.options.end());
  std::string points = plan.fail_point;
  if (!options_.lie.empty()) {
    absl::StrAppend(&points, points.empty() ? "" : ",", options_.lie, "=lie");
  }
  const std::string variable = points.empty() ? "" : absl::StrCat("PAVANE_FAILPOINT=", points);
  store.checks_before = store.ledger->checks;
  store.own_kills_before = store.ledger->own_kills;
  const auto start = std::chrono::steady_clock::now();
  ChildProcess child(std::move(words), variable, store.folder + "/stderr");
  bool killed_by_us = false;
  while (child.Poll() == ChildProcess::End::kRunning) {
    const auto lived = std::chrono::steady_clock::now() - start;
    if (lived > kPatience) return Problem(store, "a child neither ends nor dies");
    usleep(200);
    if (lived < plan.start_kill) continue;
    killed_by_us = true;
    child.Kill();
    break;
  }
  switch (child.Wait()) {
    case ChildProcess::End::kKilled:
      return CountKill(store, plan, killed_by_us);
    case ChildProcess::End::kExited:
      if (child.code() == 0) {
        ++tally_.ends["orderly"];
        return;
      }
      if (child.code() == kStoreFailed) {
        ++tally_.ends[plan.kind];
        if (random_.Uniform(2) == 0) CutPower(store);
        return;
      }
      break;
    default:
      break;
  }
  Problem(store, absl::StrCat("the child ended with ", child.code(), ": ",
                              ReadFile(store.folder + "/stderr")));
}

void StoreCrash::CountKill(Store& store, const Plan& plan, bool by_us) {
  ++store.kills;
  ++tally_.kills;
  if (by_us) {
    ++tally_.ends["start"];
  } else if (store.ledger->own_kills > store.own_kills_before) {
    ++tally_.ends["random"];
  } else {
    ++tally_.ends["fail_point"];
    ++tally_.fail_points[plan.fail_point.substr(0, plan.fail_point.rfind(':'))];
  }
  // A child that did not come to write has nothing under way.
  const bool wrote = store.ledger->checks > store.checks_before;
  if (wrote && store.ledger->submitted > store.ledger->acknowledged) ++tally_.in_flight;
  if (options_.power_cuts && random_.Uniform(2) == 0) CutPower(store);
}

void StoreCrash::CutPower(const Store& store) {
  const std::string journal = store.folder + "/journal";
  // A child that died before it opened anything has left nothing.
  if (!options_.power_cuts || !std::filesystem::exists(journal)) return;
  ++tally_.figures["power_cuts"];
  const auto tear = static_cast<Tear>(random_.Uniform(kTears));
  const auto dropped = DropUnsynced(journal, tear, random_.Uint64());
  CHECK(dropped.ok()) << std::string(dropped.status().message());
  tally_.figures["dropped_bytes"] += *dropped;
  // The acknowledgement mark is never synced.
  if (random_.Uniform(4) == 0) std::filesystem::remove(store.folder + "/store/ACKNOWLEDGED");
}

void StoreCrash::CheckAtLast(Store& store) {
  Plan plan;
  plan.kind = "orderly";
  plan.transactions = 0;
  const uint64_t checks = store.ledger->checks;
  Round(store, plan);
  if (tally_.problems.empty() && store.ledger->checks == checks) {
    Problem(store, "the last start was not checked");
  }
}

void StoreCrash::Problem(const Store& store, const std::string& what) {
  tally_.problems.push_back(absl::StrCat("seed ", options_.seed, ", kill ", tally_.kills,
                                         ", store in ", store.folder, ": ", what));
}

}  // namespace pavane::testing
