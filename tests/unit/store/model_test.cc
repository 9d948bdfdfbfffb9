// Random transactions, upkeep, starts and power cuts against the plain model of the workload.
#include <cstdlib>
#include <memory>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "base/manual_clock.h"
#include "base/mutex.h"
#include "base/random.h"
#include "store/log.h"
#include "store/writer.h"
#include "tests/crash/store/workload.h"
#include "tests/support/fault_env.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace pavane::store {
namespace {

using ::pavane::testing::CheckContent;
using ::pavane::testing::CountTransactions;
using ::pavane::testing::DropUnsynced;
using ::pavane::testing::EagerUpkeep;
using ::pavane::testing::FaultEnv;
using ::pavane::testing::kWorkloadDepth;
using ::pavane::testing::MakeStoreTransaction;
using ::pavane::testing::Tear;
using ::pavane::testing::TempDir;
using ::pavane::testing::Upkeep;

uint64_t SeedFromEnvironment() {
  const char* seed = std::getenv("PAVANE_MODEL_SEED");
  return seed == nullptr ? SystemRandom::Get().Uint64() >> 16 : std::strtoull(seed, nullptr, 10);
}

// Submits `count` transactions after `first`, in groups by chance, and waits for them.
void RunTransactions(Log& log, Clock& clock, CommitObserver& observer, uint64_t seed,
                     uint64_t first, uint64_t count, Random& random) {
  Mutex mu;
  CondVar changed;
  uint64_t open = 0;
  Writer::Options options;
  options.commit_entries_max = 1 + random.Uniform(40);
  Writer::Observers observers;
  observers.commits = &observer;
  ASSERT_OK_AND_ASSIGN(const auto writer, Writer::Create(log, clock, options, observers));
  writer->Start();
  const auto complete = [&](uint64_t n, const absl::Status& status) {
    EXPECT_OK(status) << "transaction " << n;
    MutexLock lock(mu);
    --open;
    changed.NotifyAll();
  };
  for (uint64_t n = first; n < first + count; ++n) {
    {
      MutexLock lock(mu);
      while (open >= kWorkloadDepth) changed.Wait(mu);
      ++open;
    }
    std::unique_ptr<Transaction> transaction = MakeStoreTransaction(seed, n, complete);
    ASSERT_TRUE(writer->Submit(transaction));
  }
  writer->Stop();
}

TEST(StoreModelTest, TheStoreHoldsWhatThePlainModelHolds) {
  const uint64_t seed = SeedFromEnvironment();
  SCOPED_TRACE(absl::StrCat("PAVANE_MODEL_SEED=", seed));
  SeededRandom random(seed);
  for (int store = 0; store < 3; ++store) {
    TempDir dir;
    ManualClock clock;
    const uint64_t store_seed = random.Uniform(1'000'000);
    for (int start = 0; start < 4; ++start) {
      SCOPED_TRACE(absl::StrCat("store ", store, " start ", start));
      FaultEnv fault_env(dir.File("journal"));
      Log::Options options;
      options.directory = dir.File("store");
      options.env = fault_env.env();
      options.tail_cache_bytes = random.Uniform(2) == 0 ? 0 : 100'000;
      options.upkeep = EagerUpkeep();
      ASSERT_OK_AND_ASSIGN(auto log, Log::Open(options));
      ASSERT_OK_AND_ASSIGN(const uint64_t held, CountTransactions(*log));
      ASSERT_OK(CheckContent(*log, store_seed, held));
      Upkeep upkeep(*log, store_seed);
      const uint64_t count = 50 + random.Uniform(400);
      RunTransactions(*log, clock, upkeep, store_seed, held + 1, count, random);
      ASSERT_OK(upkeep.status());
      ASSERT_OK(CheckContent(*log, store_seed, held + count));
      const bool power_cut = random.Uniform(2) == 0;
      if (power_cut) fault_env.Freeze();
      log.reset();
      if (power_cut) {
        ASSERT_OK(DropUnsynced(dir.File("journal"), Tear::kPart, random.Uint64()).status());
      }
      clock.Advance(absl::Seconds(random.Uniform(100)));
    }
  }
}

}  // namespace
}  // namespace pavane::store
