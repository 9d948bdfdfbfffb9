// The short form of the store's crash test, and that it can fail: each planted fault must be
// noticed. The long form is `make crash`.
//
// PAVANE_CRASH_COUNT kills (default 40), PAVANE_CRASH_SEED (default: by chance, printed).
#include <cstdio>
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/failpoint.h"
#include "base/random.h"
#include "tests/crash/store/store_crash.h"
#include "tests/support/temp_dir.h"

namespace pavane::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

CrashTally KillMany(StoreCrash::Options options, uint64_t kills) {
  const TempDir dir;
  options.folder = dir.path();
  options.seed = FromEnvironment("PAVANE_CRASH_SEED", SystemRandom::Get().Uint64() >> 16);
  StoreCrash crash(options);
  crash.Run(kills);
  CrashTally tally = crash.tally();
  for (const char* figure : {"power_cuts", "dropped_bytes"}) tally.figures[figure] += 0;
  std::printf(
      "PAVANE_CRASH_SEED=%llu: %llu kills, %llu in flight, %llu power cuts, %llu acknowledgements "
      "checked, %llu unsynced bytes dropped\n",
      static_cast<unsigned long long>(options.seed), static_cast<unsigned long long>(tally.kills),
      static_cast<unsigned long long>(tally.in_flight),
      static_cast<unsigned long long>(tally.figures.at("power_cuts")),
      static_cast<unsigned long long>(tally.acknowledged),
      static_cast<unsigned long long>(tally.figures.at("dropped_bytes")));
  return tally;
}

TEST(StoreCrashTest, KilledAtAnyStepNothingAcknowledgedIsLostOrHalf) {
  StoreCrash::Options options;
  options.power_cuts = false;
  const CrashTally tally = KillMany(options, FromEnvironment("PAVANE_CRASH_COUNT", 40));
  EXPECT_THAT(tally.problems, IsEmpty());
  EXPECT_GT(tally.acknowledged, 0);
  EXPECT_GT(tally.in_flight, 0);
}

TEST(StoreCrashTest, KilledAndUnsyncedBytesDroppedNothingAcknowledgedIsLost) {
  const CrashTally tally = KillMany({}, FromEnvironment("PAVANE_CRASH_COUNT", 40));
  EXPECT_THAT(tally.problems, IsEmpty());
  EXPECT_GT(tally.acknowledged, 0);
  EXPECT_GT(tally.figures.at("power_cuts"), 0);
}

// ---- the tests above can fail

// Enough that chance cannot let a fault through.
constexpr uint64_t kKillsUntilSeen = 200;

TEST(StoreCrashTest, CommitsThatNobodySyncsAreSeenToBeLost) {
  StoreCrash::Options options;
  options.durability_os = true;
  EXPECT_THAT(KillMany(options, kKillsUntilSeen).problems, SizeIs(1));
}

TEST(StoreCrashTest, ASyncTakenOutIsSeen) {
  if (!failpoint::kEnabled) GTEST_SKIP() << "compiled without fail points";
  StoreCrash::Options options;
  options.lie = "store.no_sync";
  EXPECT_THAT(KillMany(options, kKillsUntilSeen).problems, SizeIs(1));
}

TEST(StoreCrashTest, ACommitInTwoBatchesIsSeen) {
  if (!failpoint::kEnabled) GTEST_SKIP() << "compiled without fail points";
  StoreCrash::Options options;
  options.lie = "store.events_apart";
  options.only_at = "store.between_halves";
  options.power_cuts = false;
  EXPECT_THAT(KillMany(options, kKillsUntilSeen).problems, SizeIs(1));
}

TEST(StoreCrashTest, AnAnswerBeforeTheCommitIsSeen) {
  if (!failpoint::kEnabled) GTEST_SKIP() << "compiled without fail points";
  StoreCrash::Options options;
  options.lie = "store.answers_early";
  options.only_at = "store.before_append";
  options.power_cuts = false;
  EXPECT_THAT(KillMany(options, kKillsUntilSeen).problems,
              ::testing::ElementsAre(HasSubstr("were acknowledged")));
}

}  // namespace
}  // namespace pavane::testing
