#include "base/random.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace pavane {
namespace {

TEST(SeededRandom, SameSeedGivesTheSameNumbers) {
  SeededRandom a(7);
  SeededRandom b(7);
  SeededRandom other(8);
  std::vector<uint64_t> from_a, from_b, from_other;
  for (int i = 0; i < 8; ++i) {
    from_a.push_back(a.Uint64());
    from_b.push_back(b.Uint64());
    from_other.push_back(other.Uint64());
  }
  EXPECT_EQ(from_a, from_b);
  EXPECT_NE(from_a, from_other);
}

// Pinned: tests print a seed so that a failure can be had again, also after an upgrade.
TEST(SeededRandom, NumbersNeverChange) {
  SeededRandom random(1);
  EXPECT_EQ(random.Uint64(), 12966619160104079557u);
  EXPECT_EQ(random.Uint64(), 9600361134598540522u);
}

TEST(Random, UniformReachesEveryValueAboutEquallyOften) {
  SeededRandom random(3);
  std::vector<int> counts(10);
  for (int i = 0; i < 10'000; ++i) ++counts[random.Uniform(10)];
  for (int count : counts) {
    EXPECT_GT(count, 850);
    EXPECT_LT(count, 1150);
  }
}

TEST(Random, UniformOfOneIsZero) {
  SeededRandom random(3);
  EXPECT_EQ(random.Uniform(1), 0u);
}

TEST(Random, FractionIsBelowOne) {
  SeededRandom random(3);
  for (int i = 0; i < 1000; ++i) {
    const double fraction = random.Fraction();
    EXPECT_GE(fraction, 0.0);
    EXPECT_LT(fraction, 1.0);
  }
}

TEST(SystemRandom, DoesNotRepeatItself) {
  std::set<uint64_t> seen;
  for (int i = 0; i < 100; ++i) seen.insert(SystemRandom::Get().Uint64());
  EXPECT_EQ(seen.size(), 100u);
}

}  // namespace
}  // namespace pavane
