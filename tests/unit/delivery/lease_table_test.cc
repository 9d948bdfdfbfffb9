#include "delivery/lease_table.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include <gtest/gtest.h>

namespace pavane::delivery {
namespace {

MonotonicTime At(int second) { return MonotonicTime(absl::Seconds(second)); }

class LeaseTableTest : public ::testing::Test {
 protected:
  Lease& Add(uint64_t token, int second) {
    auto lease = std::make_unique<Lease>();
    lease->id.token = token;
    lease->expires = At(second);
    return table_.Add(std::move(lease));
  }
  uint64_t Expired(int second) { return table_.Expired(At(second)).value_or(0); }

  LeaseTable table_;
};

TEST_F(LeaseTableTest, AShortOneEndsBeforeALongOneThatBeganEarlier) {
  Add(1, 60);
  Add(2, 30);
  Add(3, 61);
  EXPECT_EQ(table_.NextExpiry(), At(30));
  EXPECT_EQ(Expired(29), 0u);
  EXPECT_EQ(Expired(30), 2u);
  EXPECT_NE(table_.Remove(2), nullptr);
  EXPECT_EQ(table_.Remove(2), nullptr);
  EXPECT_EQ(table_.NextExpiry(), At(60));
}

TEST_F(LeaseTableTest, OneWithoutTimerDoesNotEndUntilItIsExtended) {
  Lease& lease = Add(1, 30);
  table_.StopTimer(lease);
  table_.StopTimer(lease);
  EXPECT_EQ(table_.NextExpiry(), MonotonicTime::InfiniteFuture());
  EXPECT_EQ(Expired(99), 0u);
  table_.Extend(lease, At(40));
  EXPECT_EQ(Expired(40), 1u);
}

TEST_F(LeaseTableTest, EndsInOrderWhateverWasDone) {
  std::mt19937 random(7);
  const auto pick = [&random](int count) { return static_cast<int>(random() % count); };
  std::map<uint64_t, std::optional<int>> model;  // token, end
  for (uint64_t token = 1; token <= 5'000; ++token) {
    const int end = static_cast<int>(token) + 30 * (1 + pick(3));
    Add(token, end);
    model[token] = end;
    // Never empty: the newest one is there.
    const auto any = std::next(model.begin(), pick(static_cast<int>(model.size())));
    switch (pick(5)) {
      case 0:
        table_.Remove(any->first);
        model.erase(any);
        break;
      case 1:
        table_.StopTimer(*table_.Find(any->first));
        any->second.reset();
        break;
      case 2:
        table_.Extend(*table_.Find(any->first), At(end + 7));
        any->second = end + 7;
        break;
      default:
        break;
    }
    MonotonicTime next = MonotonicTime::InfiniteFuture();
    for (const auto& [unused, ends] : model) {
      if (ends) next = std::min(next, At(*ends));
    }
    ASSERT_EQ(table_.NextExpiry(), next);
    ASSERT_EQ(table_.size(), model.size());
    while (const uint64_t expired = Expired(static_cast<int>(token))) {
      ASSERT_LE(model.at(expired), static_cast<int>(token));
      table_.Remove(expired);
      model.erase(expired);
    }
  }
}

}  // namespace
}  // namespace pavane::delivery
