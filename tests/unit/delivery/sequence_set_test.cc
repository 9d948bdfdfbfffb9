#include "delivery/sequence_set.h"

#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pavane::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

SequenceSet Of(std::initializer_list<uint64_t> sequences) {
  SequenceSet set;
  for (uint64_t sequence : sequences) set.Insert(Sequence(sequence));
  return set;
}

TEST(SequenceSet, NeighboursBecomeOneRange) {
  EXPECT_THAT(Of({5, 3, 4, 9}).Ranges(),
              ElementsAre(Pair(Sequence(3), Sequence(5)), Pair(Sequence(9), Sequence(9))));
}

TEST(SequenceSet, InsertingAgainChangesNothing) {
  EXPECT_THAT(Of({3, 4, 3, 4}).Ranges(), ElementsAre(Pair(Sequence(3), Sequence(4))));
}

TEST(SequenceSet, EraseThroughCutsARange) {
  SequenceSet set = Of({1, 2, 3, 4, 8});
  set.EraseThrough(Sequence(2));
  EXPECT_THAT(set.Ranges(),
              ElementsAre(Pair(Sequence(3), Sequence(4)), Pair(Sequence(8), Sequence(8))));
  EXPECT_FALSE(set.Contains(Sequence(2)));
  EXPECT_TRUE(set.Contains(Sequence(3)));
}

TEST(SequenceSet, AgreesWithAPlainSet) {
  std::mt19937 random(7);
  SequenceSet set;
  std::set<uint64_t> plain;
  for (int i = 0; i < 5000; ++i) {
    const uint64_t number = random() % 300 + 1;
    if (random() % 50 == 0) {
      set.EraseThrough(Sequence(number / 4));
      plain.erase(plain.begin(), plain.upper_bound(number / 4));
    } else {
      set.Insert(Sequence(number));
      plain.insert(number);
    }
    const uint64_t asked = random() % 300 + 1;
    ASSERT_EQ(set.Contains(Sequence(asked)), plain.contains(asked)) << asked << " at step " << i;
  }
  size_t size = 0;
  for (auto [first, last] : set.Ranges()) size += last - first + 1;
  EXPECT_EQ(size, plain.size());
}

}  // namespace
}  // namespace pavane::delivery
