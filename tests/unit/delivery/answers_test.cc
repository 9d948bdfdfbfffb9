#include "delivery/answers.h"

#include <gtest/gtest.h>

namespace pavane::delivery {
namespace {

store::SettlementRecord AckRecord(uint64_t token) {
  store::SettlementRecord record;
  record.token = token;
  record.client_outcome = store::ClientOutcome::kAcked;
  record.content_hash = token * 10;
  return record;
}

TEST(Answers, AreKeptForTheWindow) {
  Answers answers({.window_us = 100, .answers_max = 10});
  answers.Add(AckRecord(1), 1000);
  ASSERT_NE(answers.Find(1, 1100), nullptr);
  EXPECT_EQ(answers.Find(1, 1100)->content_hash, 10u);
  EXPECT_EQ(answers.Find(1, 1101), nullptr);
}

TEST(Answers, AreKeptUpToTheirNumberOldestGoFirst) {
  Answers answers({.window_us = 1000, .answers_max = 2});
  for (uint64_t token : {1, 2, 3}) answers.Add(AckRecord(token), 5);
  EXPECT_EQ(answers.Find(1, 5), nullptr);
  EXPECT_NE(answers.Find(2, 5), nullptr);
  EXPECT_NE(answers.Find(3, 5), nullptr);
}

TEST(Answers, AreFoundInEverySliceToTheEndOfTheirOwnWindow) {
  constexpr int64_t kWindow = 1'600;
  constexpr int64_t kStep = 7;
  Answers answers({.window_us = kWindow, .answers_max = 1'000});
  for (int64_t i = 1; i <= 500; ++i) {
    const int64_t now = i * kStep;
    answers.Add(AckRecord(static_cast<uint64_t>(i)), now);
    for (int64_t j = 1; j <= i; ++j) {
      const Answers::Answer* found = answers.Find(static_cast<uint64_t>(j), now);
      ASSERT_EQ(found != nullptr, j * kStep + kWindow >= now) << j << " at " << i;
      if (found != nullptr) {
        ASSERT_EQ(found->content_hash, static_cast<uint64_t>(j) * 10);
      }
    }
  }
  EXPECT_LE(answers.size(), kWindow / kStep * 17 / 16 + 1) << "the old ones are gone";
}

TEST(Answers, OnlyClientsSettlementsHaveOne) {
  Answers answers({});
  store::SettlementRecord expired = AckRecord(4);
  expired.client_outcome = store::ClientOutcome::kNone;
  answers.Add(expired, 5);
  EXPECT_EQ(answers.size(), 0u);
}

}  // namespace
}  // namespace pavane::delivery
