// Kills a process that writes the store, at named steps and at random, with and without dropping
// what was not synced; opens the store again and compares everything it holds.
//
// PAVANE_CRASH_COUNT kills (default 30), PAVANE_CRASH_SEED (default: by chance, printed).
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "base/check.h"
#include "base/failpoint.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "store/log.h"
#include "tests/crash/store/workload.h"
#include "tests/support/fault_env.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace pavane::testing {
namespace {

// Passed once a commit or so; the number of the passing is chosen by chance.
constexpr const char* kFailPoints[] = {
    "store.before_append",      "store.after_write",         "store.after_append",
    "store.before_complete",    "store.before_checkpoint",   "store.after_checkpoint",
    "store.before_drop",        "fault_env.before_wal_sync", "fault_env.after_wal_sync",
    "store.after_upkeep_piece",
};
// After so many kills a new store: its content is compared whole each time.
constexpr uint64_t kKillsOfOneStore = 15;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

// One store's folder and the files beside it.
struct Place {
  explicit Place(const TempDir& dir)
      : store(dir.File("store")), journal(dir.File("journal")), acks(dir.File("acks")) {}
  const std::string store;
  const std::string journal;
  const std::string acks;
};

class Child {
 public:
  Child(const Place& place, uint64_t seed, const char* durability, const std::string& fail_point) {
    std::vector<std::string> arguments = {
        STORE_CRASH_CHILD,  place.store, place.journal, place.acks,
        absl::StrCat(seed), durability,  "3000"};
    std::vector<std::string> environment;
    for (char** variable = environ; *variable != nullptr; ++variable) {
      environment.emplace_back(*variable);
    }
    if (!fail_point.empty()) environment.push_back("PAVANE_FAILPOINT=" + fail_point);
    std::vector<char*> argv = Pointers(arguments);
    std::vector<char*> envp = Pointers(environment);
    const int spawned =
        posix_spawn(&pid_, STORE_CRASH_CHILD, nullptr, nullptr, argv.data(), envp.data());
    CHECK_EQ(spawned, 0) << STORE_CRASH_CHILD;
  }
  void Kill() { kill(pid_, SIGKILL); }
  // True if it was killed, false if it came to its end.
  bool Wait() {
    int status = 0;
    CHECK_EQ(waitpid(pid_, &status, 0), pid_) << "it is ours";
    const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    EXPECT_TRUE(killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        << "the child failed by itself, status " << status;
    return killed;
  }

 private:
  static std::vector<char*> Pointers(std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    for (std::string& string : strings) pointers.push_back(string.data());
    pointers.push_back(nullptr);
    return pointers;
  }

  pid_t pid_ = 0;
};

// The highest transaction ever acknowledged; each is, in order.
uint64_t LastAcknowledged(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  uint64_t n = 0;
  uint64_t last = 0;
  while (file.read(reinterpret_cast<char*>(&n), sizeof(n))) {
    EXPECT_GT(n, last);
    last = n;
  }
  return last;
}

// Opens what the crash left, compares it, and returns how many transactions it holds.
absl::StatusOr<uint64_t> OpenAndCheck(const Place& place, uint64_t seed) {
  store::Log::Options options;
  options.directory = place.store;
  options.upkeep = EagerUpkeep();
  ASSIGN_OR_RETURN(const auto log, store::Log::Open(options));
  ASSIGN_OR_RETURN(const uint64_t count, CountTransactions(*log));
  RETURN_IF_ERROR(CheckContent(*log, seed, count));
  const uint64_t acknowledged = LastAcknowledged(place.acks);
  if (acknowledged > count) {
    return absl::DataLossError(
        absl::StrCat(acknowledged, " transactions were acknowledged, ", count, " are there"));
  }
  return count;
}

// By chance: at a fail point, or some time after the first acknowledgement.
bool RunAndKill(const Place& place, uint64_t seed, const char* durability, Random& random) {
  std::string fail_point;
  if (failpoint::kEnabled && random.Uniform(3) > 0) {
    const char* name = kFailPoints[random.Uniform(std::size(kFailPoints))];
    fail_point = absl::StrCat(name, ":", 1 + random.Uniform(30));
  }
  const uint64_t before = LastAcknowledged(place.acks);
  Child child(place, seed, durability, fail_point);
  if (fail_point.empty()) {
    for (int i = 0; i < 20'000 && LastAcknowledged(place.acks) == before; ++i) usleep(1000);
    usleep(static_cast<useconds_t>(random.Uniform(60'000)));
    child.Kill();
  }
  return child.Wait();
}

struct Tally {
  uint64_t kills = 0;
  uint64_t acknowledged = 0;
  uint64_t in_flight = 0;  // kills that left transactions which nobody was told of
  uint64_t dropped_bytes = 0;
};

// Kills until `count` are done, each time checking; `drop` plays the power cut after each.
void CrashAndCheck(uint64_t count, bool drop, Tally& tally) {
  const uint64_t seed = FromEnvironment("PAVANE_CRASH_SEED", SystemRandom::Get().Uint64() >> 16);
  std::printf("PAVANE_CRASH_SEED=%llu\n", static_cast<unsigned long long>(seed));
  SeededRandom random(seed);
  while (tally.kills < count) {
    TempDir dir;
    const Place place(dir);
    const uint64_t store_seed = random.Uniform(1'000'000);
    for (uint64_t i = 0; i < kKillsOfOneStore && tally.kills < count; ++i) {
      SCOPED_TRACE(absl::StrCat("seed ", seed, " kill ", tally.kills, " store ", store_seed));
      tally.kills += RunAndKill(place, store_seed, "fsync", random) ? 1 : 0;
      if (drop) {
        const auto tear = static_cast<Tear>(random.Uniform(3));
        ASSERT_OK_AND_ASSIGN(const uint64_t dropped,
                             DropUnsynced(place.journal, tear, random.Uint64()));
        tally.dropped_bytes += dropped;
      }
      ASSERT_OK_AND_ASSIGN(const uint64_t held, OpenAndCheck(place, store_seed));
      tally.in_flight += held > LastAcknowledged(place.acks) ? 1 : 0;
      ASSERT_FALSE(::testing::Test::HasFailure());
    }
    tally.acknowledged += LastAcknowledged(place.acks);
  }
  std::printf(
      "%llu kills, %llu transactions acknowledged and checked, %llu kills in flight, "
      "%llu unsynced bytes dropped\n",
      static_cast<unsigned long long>(tally.kills),
      static_cast<unsigned long long>(tally.acknowledged),
      static_cast<unsigned long long>(tally.in_flight),
      static_cast<unsigned long long>(tally.dropped_bytes));
}

TEST(StoreCrashTest, KilledAtAnyStepNothingAcknowledgedIsLostOrHalf) {
  Tally tally;
  CrashAndCheck(FromEnvironment("PAVANE_CRASH_COUNT", 30), false, tally);
  EXPECT_GT(tally.acknowledged, 0);
}

TEST(StoreCrashTest, KilledAndUnsyncedBytesDroppedNothingAcknowledgedIsLost) {
  Tally tally;
  CrashAndCheck(FromEnvironment("PAVANE_CRASH_COUNT", 30), true, tally);
  EXPECT_GT(tally.acknowledged, 0);
}

// The test above must be able to fail: without syncs it does.
TEST(StoreCrashTest, WithoutSyncsDroppingUnsyncedBytesIsSeenToLose) {
  SeededRandom random(5);
  TempDir dir;
  const Place place(dir);
  Child child(place, 2, "os", "");
  for (int i = 0; i < 20'000 && LastAcknowledged(place.acks) < 500; ++i) usleep(1000);
  child.Kill();
  child.Wait();
  ASSERT_OK_AND_ASSIGN(const uint64_t dropped, DropUnsynced(place.journal, Tear::kNothing, 1));
  EXPECT_GT(dropped, 0);
  EXPECT_THAT(OpenAndCheck(place, 2), StatusIs(absl::StatusCode::kDataLoss));
}

// Flipping any byte of the last files must be noticed, or be of no consequence.
TEST(StoreCrashTest, AFlippedByteIsNoticedOrOfNoConsequence) {
  TempDir dir;
  const Place place(dir);
  constexpr uint64_t kSeed = 4;
  Child child(place, kSeed, "fsync", "");
  for (int i = 0; i < 20'000 && LastAcknowledged(place.acks) < 200; ++i) usleep(1000);
  child.Kill();
  ASSERT_TRUE(child.Wait());
  const uint64_t seed = FromEnvironment("PAVANE_CRASH_SEED", SystemRandom::Get().Uint64() >> 16);
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  SeededRandom random(seed);
  int refused = 0;
  constexpr int kFlips = 40;
  for (int flip = 0; flip < kFlips; ++flip) {
    TempDir copy_dir;
    const Place copy(copy_dir);
    std::filesystem::copy(place.store, copy.store);
    std::filesystem::copy(place.acks, copy.acks);
    std::vector<std::string> logs;
    for (const auto& entry : std::filesystem::directory_iterator(copy.store)) {
      if (entry.path().extension() == ".log" && entry.file_size() > 0) {
        logs.push_back(entry.path());
      }
    }
    ASSERT_FALSE(logs.empty());
    const std::string& path = logs[random.Uniform(logs.size())];
    const uint64_t at = random.Uniform(std::filesystem::file_size(path));
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(at));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(byte ^ (1 << random.Uniform(8))));
    file.close();
    const auto checked = OpenAndCheck(copy, kSeed);
    if (checked.ok()) continue;
    EXPECT_THAT(checked, StatusIs(absl::StatusCode::kDataLoss)) << path << " at " << at;
    // Refused by the store itself, not found by our comparing.
    store::Log::Options options;
    options.directory = copy.store;
    EXPECT_FALSE(store::Log::Open(options).ok()) << path << " at " << at;
    ++refused;
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace pavane::testing
