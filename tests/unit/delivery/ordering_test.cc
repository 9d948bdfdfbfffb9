// An ordered target through the whole station: keys over retries, dead letters, restarts, bounds.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/delivery/harness.h"

namespace pavane::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using pavane::v1::Ordering;

constexpr uint64_t kA = 11;
constexpr uint64_t kB = 12;

Dispatcher::Options SmallWindow() {
  Dispatcher::Options options;
  options.window_max = 4;
  return options;
}

class OrderingTest : public ::testing::Test {
 protected:
  explicit OrderingTest(Dispatcher::Options options = {}) : harness_(std::move(options)) {}

  TargetId PutTarget(Ordering::Mode mode, Ordering::OnDeadLetter on_dead_letter) {
    return harness_.PutRule("rule",
                            {{"seat", "service:seat", [=](pavane::admin::v1::Target& target) {
                                target.mutable_ordering()->set_mode(mode);
                                target.mutable_ordering()->set_on_dead_letter(on_dead_letter);
                                target.mutable_retry_policy()->mutable_age_max()->set_seconds(7200);
                              }}})[0];
  }
  TargetId PutOrdered(Ordering::OnDeadLetter on_dead_letter = Ordering::CONTINUE) {
    return PutTarget(Ordering::KEY, on_dead_letter);
  }
  // The only instance: one from before would take its share.
  void Connect(uint32_t credit = 100) {
    if (client_.session) {
      harness_.dispatcher().CloseSession(client_.opened.id, CloseKind::kOrderly);
    }
    client_ = harness_.Connect("seat", credit);
  }
  Deliveries Take() { return client_.session->Take(); }
  void Settle(const targets::OutgoingDelivery& delivery,
              decltype(SettlementRequest::outcome) outcome) {
    EXPECT_FALSE(harness_.SettleOne("seat", delivery.delivery_id, std::move(outcome)).refusal);
  }
  // Acks all that comes until nothing does; the sequences in the order they came.
  std::vector<uint64_t> Drain() {
    std::vector<uint64_t> sequences;
    for (Deliveries batch = Take(); !batch.empty(); batch = Take()) {
      for (const auto& delivery : batch) {
        sequences.push_back(delivery.event->ref.sequence.value());
        Settle(delivery, Ack{});
      }
      harness_.dispatcher().AddCredit(client_.opened.id, 100, 0);
      harness_.Sync();
    }
    return sequences;
  }

  Harness harness_;
  Harness::Client client_;
};

class SmallOrderingTest : public OrderingTest {
 protected:
  SmallOrderingTest() : OrderingTest(SmallWindow()) {}
};

TEST_F(OrderingTest, OneDeliveryOfAKeyIsInFlightAndKeysDoNotWaitForEachOther) {
  const TargetId target = PutOrdered();
  Connect();
  harness_.PublishKeyed({target}, {kA, kA, kB, 0, 0, kA});
  const Deliveries first = Take();
  EXPECT_THAT(SequencesOf(first), ElementsAre(1, 3, 4, 5));
  EXPECT_EQ(harness_.Stats(target).parked, 2u);
  Settle(first[0], Ack{});
  const Deliveries second = Take();
  EXPECT_THAT(SequencesOf(second), ElementsAre(2));
  Settle(second[0], Ack{});
  EXPECT_THAT(SequencesOf(Take()), ElementsAre(6));
  EXPECT_EQ(harness_.Stats(target).parked, 0u);
}

TEST_F(OrderingTest, NackDelayAndBackOffHoldTheKeyAlone) {
  const TargetId target = PutOrdered();
  Connect();
  harness_.PublishKeyed({target}, {kA, kA, kB, kB});
  Deliveries out = Take();
  ASSERT_THAT(SequencesOf(out), ElementsAre(1, 3));
  Settle(out[0], Nack{absl::Seconds(100), "BUSY", ""});
  Settle(out[1], Ack{});
  EXPECT_THAT(SequencesOf(Take()), ElementsAre(4)) << "the other key goes on";
  harness_.Advance(absl::Seconds(20));
  EXPECT_THAT(Take(), IsEmpty());
  harness_.Advance(absl::Seconds(81));
  out = Take();
  ASSERT_FALSE(out.empty());
  EXPECT_EQ(out[0].event->ref.sequence, Sequence(1));
  EXPECT_EQ(out[0].attempt, 2u);
  Settle(out[0], Ack{});
  EXPECT_THAT(SequencesOf(Take()), ElementsAre(2));
}

TEST_F(OrderingTest, AFailedDeliveryHoldsItsKeyOverARestart) {
  for (const bool checkpoint : {false, true}) {
    SCOPED_TRACE(checkpoint ? "after a clean stop" : "after a kill");
    const TargetId target = PutOrdered();
    Connect();
    const uint64_t first = harness_.PublishKeyed({target}, {kA, kA, kB}).value();
    for (const auto& delivery : Take()) Settle(delivery, Nack{absl::Seconds(100), "BUSY", ""});
    harness_.Restart(checkpoint);
    Connect();
    EXPECT_THAT(Take(), IsEmpty()) << "both keys are held";
    harness_.Advance(absl::Seconds(101));
    EXPECT_THAT(Drain(), ElementsAre(first, first + 2, first + 1));
  }
}

TEST_F(OrderingTest, WhatWasInFlightAtARestartComesFirst) {
  const TargetId target = PutOrdered();
  Connect();
  harness_.PublishKeyed({target}, {kA, kA});
  EXPECT_THAT(SequencesOf(Take()), ElementsAre(1));
  harness_.Restart(false);
  Connect();
  EXPECT_THAT(Drain(), ElementsAre(1, 2));
}

TEST_F(OrderingTest, ALeaseThatEndsKeepsTheOrder) {
  const TargetId target = PutOrdered();
  Connect();
  harness_.PublishKeyed({target}, {kA, kA});
  EXPECT_THAT(SequencesOf(Take()), ElementsAre(1));
  harness_.Advance(absl::Seconds(31));
  harness_.Advance(absl::Seconds(2));
  EXPECT_THAT(Drain(), ElementsAre(1, 2));
}

TEST_F(OrderingTest, OnContinueADeadLetterLetsItsKeyGoOnAndARedriveIsMarkedOutOfOrder) {
  const TargetId target = PutOrdered();
  Connect();
  harness_.PublishKeyed({target}, {kA, kA, kB});
  Settle(Take()[0], Reject{"NO", "", nullptr});
  Deliveries out = Take();
  ASSERT_THAT(SequencesOf(out), ElementsAre(2));
  EXPECT_FALSE(out[0].out_of_order);
  harness_.Redrive(harness_.DeadLetters()[0]);
  EXPECT_THAT(Take(), IsEmpty()) << "its key is in flight";
  Settle(out[0], Ack{});
  out = Take();
  ASSERT_THAT(SequencesOf(out), ElementsAre(1));
  EXPECT_TRUE(out[0].out_of_order);
  EXPECT_EQ(out[0].kind, targets::DeliveryKind::kRedrive);
}

TEST_F(OrderingTest, OnBlockADeadLetterHoldsItsKeyUntilItIsRedriven) {
  const TargetId target = PutOrdered(Ordering::BLOCK);
  Connect();
  harness_.PublishKeyed({target}, {kA, kA, kB, kA});
  Settle(Take()[0], Reject{"NO", "", nullptr});
  EXPECT_THAT(Take(), IsEmpty());
  EXPECT_EQ(harness_.Stats(target).blocked_keys, 1u);
  for (const bool checkpoint : {false, true}) {
    harness_.Restart(checkpoint);
    Connect();
    const std::vector<uint64_t> other_key = {3};
    EXPECT_EQ(Drain(), checkpoint ? std::vector<uint64_t>() : other_key);
    EXPECT_EQ(harness_.Stats(target).blocked_keys, 1u);
  }
  harness_.Redrive(harness_.DeadLetters()[0]);
  const Deliveries out = Take();
  ASSERT_THAT(SequencesOf(out), ElementsAre(1));
  EXPECT_FALSE(out[0].out_of_order);
  Settle(out[0], Ack{});
  EXPECT_THAT(Drain(), ElementsAre(2, 4));
  EXPECT_EQ(harness_.Stats(target).blocked_keys, 0u);
}

TEST_F(OrderingTest, SkipAndPurgeReleaseABlockedKey) {
  for (const bool purge : {false, true}) {
    SCOPED_TRACE(purge ? "purge" : "skip");
    const TargetId target = PutOrdered(Ordering::BLOCK);
    Connect();
    const uint64_t first = harness_.PublishKeyed({target}, {kA, kA}).value();
    Settle(Take()[0], Reject{"NO", "", nullptr});
    EXPECT_THAT(Take(), IsEmpty());
    const store::DeadLetterRecord letter = harness_.DeadLetters().back();
    purge ? harness_.Purge(letter) : harness_.Skip(letter);
    EXPECT_THAT(Drain(), ElementsAre(first + 1));
    EXPECT_THAT(harness_.DeadLetters(), SizeIs(1)) << "the skipped one";
  }
}

TEST_F(OrderingTest, ChangingTheTargetToContinueReleasesItsKeys) {
  const TargetId target = PutOrdered(Ordering::BLOCK);
  Connect();
  harness_.PublishKeyed({target}, {kA, kA});
  Settle(Take()[0], Reject{"NO", "", nullptr});
  EXPECT_THAT(Take(), IsEmpty());
  PutOrdered(Ordering::CONTINUE);
  EXPECT_THAT(Drain(), ElementsAre(2));
}

TEST_F(OrderingTest, AnUnorderedTargetIgnoresKeysAndOrderCanBeTurnedOnLater) {
  const TargetId target = PutTarget(Ordering::UNORDERED, Ordering::CONTINUE);
  Connect(2);
  harness_.PublishKeyed({target}, {kA, kA, kA, kA});
  const Deliveries out = Take();
  EXPECT_THAT(SequencesOf(out), ElementsAre(1, 2));
  PutOrdered();
  harness_.dispatcher().AddCredit(client_.opened.id, 10, 0);
  harness_.Sync();
  EXPECT_THAT(Take(), IsEmpty()) << "two of the key are still out";
  Settle(out[0], Ack{});
  EXPECT_THAT(Take(), IsEmpty());
  Settle(out[1], Ack{});
  EXPECT_THAT(SequencesOf(Take()), ElementsAre(3));
  PutTarget(Ordering::UNORDERED, Ordering::CONTINUE);
  EXPECT_THAT(SequencesOf(Take()), ElementsAre(4));
}

TEST_F(OrderingTest, AgeEndsDeliveriesBehindAHeldKey) {
  const TargetId target = PutOrdered();
  Connect();
  harness_.PublishKeyed({target}, {kA, kA});
  Settle(Take()[0], Nack{absl::Hours(5), "BUSY", ""});
  harness_.Advance(absl::Seconds(7201));
  harness_.Advance(absl::Seconds(2));
  EXPECT_THAT(Take(), IsEmpty());
  EXPECT_THAT(harness_.DeadLetters(), SizeIs(2));
  EXPECT_EQ(harness_.Stats(target).parked, 0u);
  harness_.PublishKeyed({target}, {kA});
  EXPECT_THAT(SequencesOf(Take()), ElementsAre(3)) << "the key is free";
}

TEST_F(SmallOrderingTest, BeyondTheBoundTheTargetStallsAndSaysSo) {
  const TargetId target = PutOrdered();
  Connect();
  harness_.PublishKeyed({target}, {kA, kA, kA, kA, kA, kA, kA, kB});
  const Deliveries out = Take();
  EXPECT_THAT(SequencesOf(out), ElementsAre(1));
  TargetStats stats = harness_.Stats(target);
  EXPECT_EQ(stats.parked, 4u) << "the window";
  EXPECT_TRUE(stats.stalled);
  Settle(out[0], Ack{});
  EXPECT_THAT(Drain(), ElementsAre(2, 3, 8, 4, 5, 6, 7));
  EXPECT_FALSE(harness_.Stats(target).stalled);
}

TEST_F(SmallOrderingTest, MoreHeldKeysThanFitInMemoryKeepTheOrder) {
  const TargetId target = PutOrdered();
  Connect();
  std::vector<uint64_t> keys;
  for (uint64_t i = 0; i < 24; ++i) keys.push_back(100 + i % 12);
  harness_.PublishKeyed({target}, keys);
  for (int round = 0; round < 6; ++round) {
    for (const auto& delivery : Take()) Settle(delivery, Nack{absl::Seconds(10), "BUSY", ""});
  }
  harness_.Restart(false);
  Connect();
  std::vector<uint64_t> order;
  for (int round = 0; round < 20 && order.size() < 24; ++round) {
    harness_.Advance(absl::Seconds(11));
    for (uint64_t sequence : Drain()) order.push_back(sequence);
  }
  ASSERT_THAT(order, SizeIs(24));
  for (uint64_t i = 1; i <= 12; ++i) {
    EXPECT_LT(std::find(order.begin(), order.end(), i),
              std::find(order.begin(), order.end(), i + 12))
        << "key of " << i;
  }
}

TEST_F(SmallOrderingTest, KeysComeBackFromRunsOnDisk) {
  const TargetId target = PutOrdered();
  harness_.PublishKeyed({target}, {kA, kA, kB, kA, kB, kA, kA, kB});
  harness_.Restart(true);  // the checkpoint merges the entries into a run
  harness_.PublishKeyed({target}, {kA});
  Connect();
  const Deliveries out = Take();
  EXPECT_THAT(SequencesOf(out), ElementsAre(1, 3));
  for (const auto& delivery : out) Settle(delivery, Ack{});
  EXPECT_THAT(Drain(), SizeIs(7));
}

}  // namespace
}  // namespace pavane::delivery
