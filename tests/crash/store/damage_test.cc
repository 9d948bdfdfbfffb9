// A sample of what `store_damage` does to every byte.
//
// PAVANE_DAMAGE_COUNT damages (default 120), PAVANE_CRASH_SEED (default: by chance, printed).
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/crash/store/store_damage.h"
#include "tests/support/temp_dir.h"

namespace pavane::testing {
namespace {

TEST(StoreDamageTest, ASampleOfDamagesIsRefusedOrOfNoConsequence) {
  const char* seed_text = std::getenv("PAVANE_CRASH_SEED");
  const char* count_text = std::getenv("PAVANE_DAMAGE_COUNT");
  const uint64_t seed = seed_text == nullptr ? SystemRandom::Get().Uint64() >> 16
                                             : std::strtoull(seed_text, nullptr, 10);
  const uint64_t count = count_text == nullptr ? 120 : std::strtoull(count_text, nullptr, 10);
  std::printf("PAVANE_CRASH_SEED=%llu\n", static_cast<unsigned long long>(seed));
  SeededRandom random(seed);
  const TempDir dir;
  StoreDamage store(dir.path());
  const std::vector<Damage> all = store.All();
  for (uint64_t i = 0; i < count; ++i) store.Try(all[random.Uniform(all.size())]);
  EXPECT_THAT(store.tally().problems, ::testing::IsEmpty());
  EXPECT_GT(store.tally().refused_at_open + store.tally().refused_at_read, 0);
}

}  // namespace
}  // namespace pavane::testing
