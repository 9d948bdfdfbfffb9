#include "delivery/key_order.h"

#include <gtest/gtest.h>

namespace pavane::delivery {
namespace {

using Place = KeyOrder::Place;

constexpr uint64_t kKey = 7;

Place Fresh(uint64_t sequence) { return {Sequence(sequence), false, 0}; }
Place Retry(uint64_t sequence) { return {Sequence(sequence), true, 100}; }

TEST(KeyOrder, OneOfAKeyIsOutAndTheNextOneFollows) {
  KeyOrder order;
  EXPECT_TRUE(order.IsFree(kKey, Sequence(1)));
  order.Take(kKey, Fresh(1));
  EXPECT_FALSE(order.IsFree(kKey, Sequence(2)));
  EXPECT_TRUE(order.IsFree(kKey + 1, Sequence(2))) << "another key";
  order.Park(kKey, Fresh(3));
  order.Park(kKey, Fresh(2));
  EXPECT_FALSE(order.Settle(kKey).offer.has_value());
  order.EndTake(kKey);
  EXPECT_EQ(order.Settle(kKey).offer, Fresh(2));
  EXPECT_TRUE(order.IsOffered(kKey, Fresh(2)));
  EXPECT_FALSE(order.IsOffered(kKey, Fresh(3)));
}

TEST(KeyOrder, AFailedDeliveryHoldsItsKey) {
  KeyOrder order;
  order.Take(kKey, Fresh(1));
  order.Park(kKey, Fresh(2));
  order.EndTake(kKey);
  order.Park(kKey, Retry(1));
  EXPECT_EQ(order.Settle(kKey).offer, Retry(1));
  order.Take(kKey, Retry(1));
  EXPECT_FALSE(order.Settle(kKey).offer.has_value());
  order.EndTake(kKey);
  EXPECT_EQ(order.Settle(kKey).offer, Fresh(2));
}

TEST(KeyOrder, ALowerOneTakesThePlaceOfTheOfferedOne) {
  KeyOrder order;
  order.Park(kKey, Fresh(5));
  EXPECT_EQ(order.Settle(kKey).offer, Fresh(5));
  order.Park(kKey, Retry(3));
  const KeyOrder::Moves moves = order.Settle(kKey);
  EXPECT_EQ(moves.park, Fresh(5));
  EXPECT_EQ(moves.offer, Retry(3));
  order.Forget(kKey, Retry(3));
  EXPECT_EQ(order.Settle(kKey).offer, Fresh(5));
}

TEST(KeyOrder, WhatIsGivenUpWithoutItsTurnHoldsTheKeyMeanwhile) {
  KeyOrder order;
  order.Park(kKey, Retry(1));
  order.Park(kKey, Fresh(2));
  EXPECT_EQ(order.Settle(kKey).offer, Retry(1));
  order.Take(kKey, Fresh(2));  // too old
  EXPECT_EQ(order.Settle(kKey).park, Retry(1));
  order.EndTake(kKey);
  EXPECT_EQ(order.Settle(kKey).offer, Retry(1));
}

TEST(KeyOrder, ADeadLetterBlocksWhatIsBehindItAndNothingBefore) {
  KeyOrder order;
  order.set_blocking(true);
  order.Block(kKey, Sequence(5));
  EXPECT_TRUE(order.IsFree(kKey, Sequence(4)));
  EXPECT_TRUE(order.IsFree(kKey, Sequence(5))) << "redriven, it is not behind itself";
  EXPECT_FALSE(order.IsFree(kKey, Sequence(6)));
  order.Park(kKey, Fresh(6));
  EXPECT_FALSE(order.Settle(kKey).offer.has_value());
  EXPECT_EQ(order.blocked_keys(), 1u);
  order.Unblock(kKey, Sequence(5));
  EXPECT_EQ(order.Settle(kKey).offer, Fresh(6));
  EXPECT_EQ(order.blocks(), 0u);
}

TEST(KeyOrder, BlocksAreKeptButHoldNothingWhereDeadLettersDoNotBlock) {
  KeyOrder order;
  order.Block(kKey, Sequence(5));
  EXPECT_TRUE(order.IsFree(kKey, Sequence(6)));
  ASSERT_EQ(order.Blocked().size(), 1u);
  EXPECT_EQ(order.Blocked()[0].sequence, Sequence(5));
  order.set_blocking(true);
  EXPECT_FALSE(order.IsFree(kKey, Sequence(6)));
}

}  // namespace
}  // namespace pavane::delivery
