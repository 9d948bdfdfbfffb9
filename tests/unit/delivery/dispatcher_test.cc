#include "delivery/dispatcher.h"

#include <algorithm>
#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/delivery/harness.h"

namespace pavane::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

void SetRetries(pavane::admin::v1::Target& target, uint32_t retries_max) {
  target.mutable_retry_policy()->set_retries_max(retries_max);
}

class DispatcherTest : public ::testing::Test {
 protected:
  TargetId PutTarget(std::function<void(pavane::admin::v1::Target&)> with = {}) {
    return harness_.PutRule("rule", {{"seat", "service:seat", std::move(with)}})[0];
  }
  Harness harness_;
};

TEST_F(DispatcherTest, AnEventGoesToAConnectedServiceInSequenceOrder) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 10);
  harness_.Publish({target}, 3);
  const Deliveries deliveries = client.session->Take();
  EXPECT_THAT(SequencesOf(deliveries), ElementsAre(1, 2, 3));
  EXPECT_EQ(deliveries[0].names->rule, "rule");
  EXPECT_EQ(deliveries[0].attempt, 1u);
  EXPECT_EQ(deliveries[0].kind, targets::DeliveryKind::kLive);
  EXPECT_EQ(harness_.Stats(target).in_flight, 3u);
}

TEST_F(DispatcherTest, NothingIsHandedOutBeyondTheCredit) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 2);
  harness_.Publish({target}, 5);
  EXPECT_THAT(client.session->Take(), SizeIs(2));
  harness_.dispatcher().AddCredit(client.opened.id, 2, 0);
  harness_.Sync();
  EXPECT_THAT(SequencesOf(client.session->Take()), ElementsAre(3, 4));
}

TEST_F(DispatcherTest, ByteCreditStopsAfterTheDeliveryThatUsesItUp) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 0);
  harness_.dispatcher().AddCredit(client.opened.id, 100, 1);
  harness_.Publish({target}, 5);
  EXPECT_THAT(client.session->Take(), SizeIs(1));
}

TEST_F(DispatcherTest, WithdrawnCreditIsGone) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 10);
  harness_.dispatcher().WithdrawCredit(client.opened.id);
  harness_.Publish({target}, 5);
  EXPECT_THAT(client.session->Take(), SizeIs(0));
  harness_.dispatcher().AddCredit(client.opened.id, 2, 0);
  harness_.Sync();
  EXPECT_THAT(client.session->Take(), SizeIs(2));
}

TEST_F(DispatcherTest, TheLowWaterMarkNamesTheTargetThatNeedsTheOldestEvent) {
  const std::vector<TargetId> targets =
      harness_.PutRule("rule", {{"a", "service:a", {}}, {"b", "service:b", {}}});
  auto low = [&] { return harness_.dispatcher().low_water(BusId(1)); };
  EXPECT_EQ(low().sequence, Sequence(1));
  EXPECT_EQ(low().target, TargetId());
  harness_.Publish({}, 2);
  harness_.Publish({targets[1]});
  harness_.Publish({targets[0]});
  EXPECT_EQ(low().sequence, Sequence(3));
  EXPECT_EQ(low().target, targets[1]);
  auto client = harness_.Connect("b", 10);
  harness_.SettleOne("b", client.session->Take().at(0).delivery_id, Ack{});
  EXPECT_EQ(low().sequence, Sequence(4));
  EXPECT_EQ(low().target, targets[0]);
  harness_.Restart(false);
  EXPECT_EQ(low().sequence, Sequence(4));
  EXPECT_EQ(low().target, targets[0]);
}

TEST_F(DispatcherTest, InstancesOfAServiceCompete) {
  const TargetId target = PutTarget();
  auto first = harness_.Connect("seat", 10);
  auto second = harness_.Connect("seat", 10);
  harness_.Publish({target}, 6);
  EXPECT_THAT(first.session->Take(), SizeIs(3));
  EXPECT_THAT(second.session->Take(), SizeIs(3));
}

TEST_F(DispatcherTest, AnAckEndsTheDelivery) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 10);
  harness_.Publish({target});
  const auto answer = harness_.SettleOne("seat", client.session->Take()[0].delivery_id, Ack{});
  EXPECT_FALSE(answer.refusal.has_value());
  const TargetStats stats = harness_.Stats(target);
  EXPECT_EQ(stats.counters.successes, 1u);
  EXPECT_EQ(stats.queued + stats.in_flight, 0u);
  EXPECT_EQ(harness_.dispatcher().unsettled(target), 0u);
}

TEST_F(DispatcherTest, AnAckAndItsEmitsAreOneCommit) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 1);
  harness_.Publish({target});
  const auto answer = harness_.SettleOne("seat", client.session->Take()[0].delivery_id,
                                         Ack{Harness::Emits({target}, 2)});
  ASSERT_FALSE(answer.refusal.has_value());
  ASSERT_THAT(answer.emitted, SizeIs(2));
  EXPECT_EQ(answer.emitted[0].event.sequence, Sequence(2));
  EXPECT_EQ(harness_.Stats(target).queued, 2u);
}

TEST_F(DispatcherTest, ABadEmitRefusesTheWholeSettlementAndKeepsTheLease) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 1);
  harness_.Publish({target});
  const std::string id = client.session->Take()[0].delivery_id;
  const auto refused = harness_.SettleOne(
      "seat", id, Ack{Harness::Emits({target}, 2, absl::InvalidArgumentError("emit 1"))});
  ASSERT_TRUE(refused.refusal.has_value());
  EXPECT_EQ(refused.refusal->reason, pavane::v1::INVALID_EMIT);
  EXPECT_EQ(harness_.Stats(target).counters.created, 1u);
  EXPECT_FALSE(harness_.SettleOne("seat", id, Ack{}).refusal.has_value());
}

TEST_F(DispatcherTest, ARepeatedSettlementGetsTheSameAnswerAlsoAfterARestart) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 1);
  harness_.Publish({target});
  const std::string id = client.session->Take()[0].delivery_id;
  harness_.SettleOne("seat", id, Ack{Harness::Emits({}, 1)});
  for (int i = 0; i < 2; ++i) {
    const auto again = harness_.SettleOne("seat", id, Ack{Harness::Emits({}, 1)});
    EXPECT_FALSE(again.refusal.has_value());
    EXPECT_TRUE(again.repeated);
    ASSERT_THAT(again.emitted, SizeIs(1));
    EXPECT_EQ(again.emitted[0].event.sequence, Sequence(2));
    if (i == 0) harness_.Restart(false);
  }
  EXPECT_EQ(harness_.log().EventRange(BusId(1)).second, Sequence(2)) << "no second effect";
}

TEST_F(DispatcherTest, ARepeatAfterTheWindowOfAnswersIsRefusedAndHasNoEffect) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 1);
  harness_.Publish({target});
  const std::string id = client.session->Take()[0].delivery_id;
  harness_.SettleOne("seat", id, Ack{Harness::Emits({}, 1)});
  harness_.Advance(Dispatcher::Options().answers_window + absl::Seconds(1));
  const auto late = harness_.SettleOne("seat", id, Ack{Harness::Emits({}, 1)});
  ASSERT_TRUE(late.refusal.has_value());
  EXPECT_EQ(late.refusal->reason, pavane::v1::LEASE_EXPIRED);
  EXPECT_EQ(harness_.log().EventRange(BusId(1)).second, Sequence(2)) << "no second effect";
  EXPECT_THAT(client.session->Take(), SizeIs(0)) << "it does not come again";
}

TEST_F(DispatcherTest, AnotherOutcomeForASettledDeliveryIsRefusedWithTheRecordedOne) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 1);
  harness_.Publish({target});
  const std::string id = client.session->Take()[0].delivery_id;
  harness_.SettleOne("seat", id, Ack{});
  const auto answer = harness_.SettleOne("seat", id, Nack{});
  ASSERT_TRUE(answer.refusal.has_value());
  EXPECT_EQ(answer.refusal->reason, pavane::v1::ALREADY_SETTLED);
  EXPECT_EQ(answer.recorded, store::ClientOutcome::kAcked);
}

TEST_F(DispatcherTest, AnotherServiceMayNotSettle) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 1);
  harness_.Publish({target});
  const auto answer = harness_.SettleOne("ticket", client.session->Take()[0].delivery_id, Ack{});
  ASSERT_TRUE(answer.refusal.has_value());
  EXPECT_EQ(answer.refusal->reason, pavane::v1::NOT_YOUR_DELIVERY);
}

TEST_F(DispatcherTest, GarbageIsNoDeliveryId) {
  const auto answer = harness_.SettleOne("seat", "garbage", Ack{});
  ASSERT_TRUE(answer.refusal.has_value());
  EXPECT_EQ(answer.refusal->reason, pavane::v1::INVALID_DELIVERY_ID);
}

TEST_F(DispatcherTest, ALateSettlementIsFencedAndTheNextAttemptCounts) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 10);
  harness_.Publish({target});
  const std::string late = client.session->Take()[0].delivery_id;
  harness_.Advance(absl::Seconds(31));
  EXPECT_THAT(client.session->TakeLost(), ElementsAre(late));
  harness_.Advance(absl::Seconds(2));
  const Deliveries again = client.session->Take();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].attempt, 2u);
  EXPECT_EQ(again[0].kind, targets::DeliveryKind::kRedelivery);
  const auto answer = harness_.SettleOne("seat", late, Ack{Harness::Emits({target}, 1)});
  ASSERT_TRUE(answer.refusal.has_value());
  EXPECT_EQ(answer.refusal->reason, pavane::v1::LEASE_EXPIRED);
  EXPECT_EQ(harness_.log().EventRange(BusId(1)).second, Sequence(1)) << "nothing emitted";
  EXPECT_FALSE(harness_.SettleOne("seat", again[0].delivery_id, Ack{}).refusal.has_value());
}

TEST_F(DispatcherTest, AnExtendedLeaseHolds) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 10);
  harness_.Publish({target});
  const std::string id = client.session->Take()[0].delivery_id;
  harness_.Advance(absl::Seconds(20));
  harness_.dispatcher().Extend("seat", {{id, absl::Seconds(60)}},
                               [](auto answers) { EXPECT_FALSE(answers[0].refusal.has_value()); });
  harness_.Sync();
  harness_.Advance(absl::Seconds(50));
  EXPECT_FALSE(harness_.SettleOne("seat", id, Ack{}).refusal.has_value());
}

TEST_F(DispatcherTest, ANackIsRetriedAfterItsDelay) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 10);
  harness_.Publish({target});
  harness_.SettleOne("seat", client.session->Take()[0].delivery_id,
                     Nack{absl::Seconds(100), "BUSY", "later"});
  harness_.Advance(absl::Seconds(99));
  EXPECT_THAT(client.session->Take(), SizeIs(0));
  harness_.Advance(absl::Seconds(2));
  EXPECT_THAT(client.session->Take(), SizeIs(1));
}

TEST_F(DispatcherTest, ExhaustedRetriesGoToTheDeadLettersWithTheirReason) {
  const TargetId target = PutTarget([](auto& target) { SetRetries(target, 1); });
  auto client = harness_.Connect("seat", 10);
  harness_.Publish({target});
  for (int attempt = 0; attempt < 2; ++attempt) {
    harness_.SettleOne("seat", client.session->Take()[0].delivery_id,
                       Nack{absl::Seconds(1), "BROKEN", "no printer"});
    harness_.Advance(absl::Seconds(2));
  }
  EXPECT_THAT(client.session->Take(), SizeIs(0));
  const auto letters = harness_.DeadLetters();
  ASSERT_THAT(letters, SizeIs(1));
  EXPECT_EQ(letters[0].reason, store::FailureReason::kRetriesExhausted);
  EXPECT_EQ(letters[0].error_code, "BROKEN");
  EXPECT_EQ(letters[0].error_message, "no printer");
  EXPECT_EQ(letters[0].attempts, 2u);
  EXPECT_EQ(letters[0].exhausted_condition, "MaximumRetryAttempts");
  EXPECT_EQ(letters[0].event_id, "event-1");
  EXPECT_EQ(letters[0].correlation_id, "flow-1");
  EXPECT_LT(letters[0].first_attempt_us, letters[0].last_attempt_us);
  const auto& counters = harness_.Stats(target).counters;
  EXPECT_EQ(counters.failed_by_reason[1], 1u);
  EXPECT_EQ(counters.attempts, 2u);
  EXPECT_EQ(counters.retries, 1u);
  EXPECT_EQ(counters.sent_to_dead_letters, 1u);
}

TEST_F(DispatcherTest, WithTheTableOffTheLossIsCounted) {
  const TargetId target =
      PutTarget([](auto& target) { target.mutable_dead_letter_policy()->set_disabled(true); });
  auto client = harness_.Connect("seat", 10);
  harness_.Publish({target});
  harness_.SettleOne("seat", client.session->Take()[0].delivery_id, Reject{"NO", "never", nullptr});
  EXPECT_THAT(harness_.DeadLetters(), SizeIs(0));
  EXPECT_EQ(harness_.Stats(target).counters.lost, 1u);
}

TEST_F(DispatcherTest, ARedrivenDeadLetterIsDeliveredAgainFromTheFirstAttempt) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 10);
  harness_.Publish({target});
  harness_.SettleOne("seat", client.session->Take()[0].delivery_id, Reject{"NO", "", nullptr});
  ASSERT_THAT(harness_.DeadLetters(), SizeIs(1));
  harness_.Redrive(harness_.DeadLetters()[0]);
  const Deliveries again = client.session->Take();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].kind, targets::DeliveryKind::kRedrive);
  EXPECT_EQ(again[0].attempt, 1u);
  EXPECT_FALSE(harness_.SettleOne("seat", again[0].delivery_id, Ack{}).refusal.has_value());
  EXPECT_EQ(harness_.dispatcher().unsettled(target), 0u);
  EXPECT_THAT(harness_.DeadLetters(), SizeIs(0));
}

TEST_F(DispatcherTest, WithoutAnInstanceADeliveryWaitsAndEndsByAge) {
  const TargetId target = PutTarget();
  harness_.Publish({target}, 600);
  harness_.Advance(absl::Hours(23));
  EXPECT_EQ(harness_.Stats(target).queued, 600u);
  EXPECT_NEAR(absl::ToDoubleHours(harness_.Stats(target).oldest_unsettled_age), 23, 0.001);
  harness_.Advance(absl::Hours(2));
  for (int i = 0; i < 5; ++i) harness_.Advance(absl::Seconds(1));
  EXPECT_EQ(harness_.Stats(target).queued, 0u);
  const auto& counters = harness_.Stats(target).counters;
  EXPECT_EQ(counters.failed_by_reason[2], 600u);
  EXPECT_EQ(counters.attempts, 0u);
  EXPECT_THAT(harness_.DeadLetters(), SizeIs(600));
}

TEST_F(DispatcherTest, ALostStreamKeepsItsLeasesForTheResumeWindow) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 10);
  harness_.Publish({target});
  const std::string id = client.session->Take()[0].delivery_id;
  harness_.dispatcher().CloseSession(client.opened.id, CloseKind::kLost);
  harness_.Advance(absl::Seconds(4));
  auto resumed = harness_.Connect("seat", 10, client.opened.resume_token);
  EXPECT_FALSE(resumed.opened.resume_failed);
  EXPECT_THAT(resumed.opened.resumed_delivery_ids, ElementsAre(id));
  EXPECT_FALSE(harness_.SettleOne("seat", id, Ack{}).refusal.has_value());
}

TEST_F(DispatcherTest, AStreamThatStaysLostCostsAnAttempt) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 10);
  harness_.Publish({target});
  const std::string id = client.session->Take()[0].delivery_id;
  harness_.dispatcher().CloseSession(client.opened.id, CloseKind::kLost);
  harness_.Sync();
  harness_.Advance(absl::Seconds(6));
  EXPECT_EQ(harness_.Stats(target).counters.attempts, 1u);
  auto next = harness_.Connect("seat", 10, client.opened.resume_token);
  EXPECT_TRUE(next.opened.resume_failed);
  harness_.Advance(absl::Seconds(2));
  ASSERT_THAT(next.session->Take(), SizeIs(1));
  EXPECT_EQ(harness_.SettleOne("seat", id, Ack{}).refusal->reason, pavane::v1::LEASE_EXPIRED);
}

TEST_F(DispatcherTest, AnOrderlyCloseGivesDeliveriesBackUncounted) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 10);
  harness_.Publish({target}, 2);
  auto other = harness_.Connect("seat", 10);
  harness_.dispatcher().CloseSession(client.opened.id, CloseKind::kOrderly);
  harness_.Sync();
  EXPECT_THAT(SequencesOf(other.session->Take()), ElementsAre(1, 2));
  EXPECT_EQ(harness_.Stats(target).counters.attempts, 0u);
}

TEST_F(DispatcherTest, AReleaseComesBackAfterAPauseUncounted) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 10);
  harness_.Publish({target});
  harness_.SettleOne("seat", client.session->Take()[0].delivery_id, Release{});
  EXPECT_THAT(client.session->Take(), SizeIs(0));
  harness_.Advance(absl::Seconds(2));
  const Deliveries again = client.session->Take();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].attempt, 1u);
  EXPECT_EQ(harness_.Stats(target).counters.attempts, 0u);
}

TEST_F(DispatcherTest, APullGetsWhatWaitsAtOnceAndElseWaits) {
  const TargetId target = PutTarget();
  harness_.Publish({target}, 3);
  Deliveries pulled;
  bool answered = false;
  auto callback = [&](Deliveries deliveries) {
    pulled = std::move(deliveries);
    answered = true;
  };
  harness_.dispatcher().Pull({"seat", 2, 1 << 20, absl::Seconds(10)}, callback);
  harness_.Sync();
  EXPECT_THAT(SequencesOf(pulled), ElementsAre(1, 2));
  harness_.dispatcher().Pull({"seat", 2, 1 << 20, absl::ZeroDuration()}, callback);
  harness_.Sync();
  EXPECT_THAT(SequencesOf(pulled), ElementsAre(3));
  answered = false;
  harness_.dispatcher().Pull({"seat", 2, 1 << 20, absl::Seconds(10)}, callback);
  harness_.Sync();
  EXPECT_FALSE(answered);
  harness_.Publish({target});
  EXPECT_TRUE(answered);
  EXPECT_THAT(SequencesOf(pulled), ElementsAre(4));
  answered = false;
  harness_.dispatcher().Pull({"seat", 2, 1 << 20, absl::Seconds(10)}, callback);
  harness_.Sync();
  harness_.Advance(absl::Seconds(11));
  EXPECT_TRUE(answered);
  EXPECT_THAT(pulled, SizeIs(0));
}

TEST_F(DispatcherTest, AfterARestartUnsettledDeliveriesComeAgainUncounted) {
  for (const bool checkpoint : {true, false}) {
    Harness harness;
    const TargetId target = harness.PutRule("rule", {{"seat", "service:seat", {}}})[0];
    auto client = harness.Connect("seat", 10);
    harness.Publish({target}, 4);
    const Deliveries first = client.session->Take();
    harness.SettleOne("seat", first[1].delivery_id, Ack{});
    harness.SettleOne("seat", first[2].delivery_id, Nack{absl::Seconds(50), "", ""});
    harness.Restart(checkpoint);
    EXPECT_EQ(harness.dispatcher().unsettled(target), 3u);
    auto again = harness.Connect("seat", 10);
    const Deliveries second = again.session->Take();
    EXPECT_THAT(SequencesOf(second), ElementsAre(1, 4)) << "checkpoint " << checkpoint;
    EXPECT_EQ(second[0].attempt, 1u);
    EXPECT_EQ(harness.SettleOne("seat", first[0].delivery_id, Ack{}).refusal->reason,
              pavane::v1::LEASE_EXPIRED);
    harness.Advance(absl::Seconds(51));
    const Deliveries due = again.session->Take();
    ASSERT_THAT(SequencesOf(due), ::testing::Contains(3));
    EXPECT_EQ(harness.Stats(target).counters.successes, 1u);
    EXPECT_EQ(harness.Stats(target).counters.created, 4u);
  }
}

TEST_F(DispatcherTest, ABacklogBeyondTheWindowIsDeliveredWholeAndOnce) {
  Dispatcher::Options options;
  options.window_max = 8;
  options.in_flight_max = 1000;
  Harness harness(options);
  const TargetId target = harness.PutRule("rule", {{"seat", "service:seat", {}}})[0];
  harness.Publish({target}, 50);
  harness.Restart(true);
  harness.Publish({target}, 50);
  auto client = harness.Connect("seat", 1000);
  harness.Publish({target}, 5);
  const Deliveries all = client.session->Take();
  std::vector<uint64_t> expected(105);
  for (size_t i = 0; i < expected.size(); ++i) expected[i] = i + 1;
  EXPECT_EQ(SequencesOf(all), expected);
}

TEST_F(DispatcherTest, ManyFailedDeliveriesBeyondTheWindowAllComeBack) {
  Dispatcher::Options options;
  options.window_max = 4;
  Harness harness(options);
  const TargetId target = harness.PutRule("rule", {{"seat", "service:seat", {}}})[0];
  auto client = harness.Connect("seat", 1000);
  harness.Publish({target}, 30);
  std::vector<SettlementRequest> nacks;
  for (const auto& delivery : client.session->Take()) {
    nacks.push_back({delivery.delivery_id, Nack{absl::Seconds(5), "", ""}});
  }
  ASSERT_THAT(nacks, SizeIs(30));
  harness.Settle("seat", std::move(nacks));
  harness.Restart(false);
  auto again = harness.Connect("seat", 1000);
  harness.Advance(absl::Seconds(6));
  harness.Advance(absl::Seconds(1));
  std::vector<uint64_t> sequences = SequencesOf(again.session->Take());
  std::sort(sequences.begin(), sequences.end());
  ASSERT_THAT(sequences, SizeIs(30));
  EXPECT_EQ(sequences.front(), 1u);
  EXPECT_EQ(sequences.back(), 30u);
}

TEST_F(DispatcherTest, APausedTargetKeepsItsDeliveries) {
  const TargetId target = PutTarget([](auto& target) { target.set_paused(true); });
  auto client = harness_.Connect("seat", 10);
  harness_.Publish({target});
  EXPECT_THAT(client.session->Take(), SizeIs(0));
  PutTarget();
  EXPECT_THAT(client.session->Take(), SizeIs(1));
}

TEST_F(DispatcherTest, ADeletedTargetLosesItsQueueAndTakesItsLeases) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 1);
  harness_.Publish({target}, 3);
  const std::string id = client.session->Take()[0].delivery_id;
  harness_.DeleteRule("rule");
  EXPECT_THAT(client.session->TakeLost(), ElementsAre(id));
  EXPECT_EQ(harness_.SettleOne("seat", id, Ack{}).refusal->reason, pavane::v1::LEASE_EXPIRED);
  EXPECT_THAT(harness_.dispatcher().CollectTargetStats(), SizeIs(0));
}

TEST_F(DispatcherTest, TargetsOfOneServiceTakeTurns) {
  const auto ids = harness_.PutRule("rule", {{"a", "service:seat", {}}, {"b", "service:seat", {}}});
  harness_.Publish({ids[0]}, 10);
  harness_.Publish({ids[1]}, 10);
  auto client = harness_.Connect("seat", 6);
  std::vector<std::string> order;
  for (const auto& delivery : client.session->Take()) order.push_back(delivery.names->target);
  EXPECT_THAT(order, ElementsAre("a", "b", "a", "b", "a", "b"));
}

TEST_F(DispatcherTest, InFlightOfATargetIsBounded) {
  const TargetId target =
      PutTarget([](auto& target) { target.mutable_lease_policy()->set_in_flight_max(2); });
  auto client = harness_.Connect("seat", 10);
  harness_.Publish({target}, 3);
  const Deliveries first = client.session->Take();
  ASSERT_THAT(first, SizeIs(2));
  harness_.SettleOne("seat", first[0].delivery_id, Ack{});
  EXPECT_THAT(client.session->Take(), SizeIs(1));
}

TEST_F(DispatcherTest, DrainWaitsForWhatIsInFlight) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 1);
  harness_.Publish({target}, 2);
  const std::string id = client.session->Take()[0].delivery_id;
  std::atomic<bool> drained = false;
  harness_.dispatcher().Drain(harness_.clock().Now() + absl::Seconds(20), [&] { drained = true; });
  harness_.Sync();
  EXPECT_TRUE(client.session->draining());
  EXPECT_FALSE(drained);
  harness_.dispatcher().AddCredit(client.opened.id, 5, 0);
  harness_.SettleOne("seat", id, Ack{});
  EXPECT_TRUE(drained);
  EXPECT_THAT(client.session->Take(), SizeIs(0)) << "nothing new while draining";
}

TEST_F(DispatcherTest, AForwardingIsSettledByTheCommitThatAppendsTheEvent) {
  const TargetId target = harness_.PutRule("rule", {{"other", "bus:audit", {}}})[0];
  harness_.Publish({target}, 3);
  EXPECT_EQ(harness_.Stats(target).counters.successes, 3u);
  EXPECT_EQ(harness_.log().EventRange(BusId(1)).second, Sequence(6));
}

TEST_F(DispatcherTest, AForwardingRoundInCirclesEndsAtTheHopLimit) {
  const TargetId target = harness_.PutRule("rule", {{"other", "bus:loop", {}}})[0];
  harness_.Publish({target});
  ASSERT_THAT(harness_.DeadLetters(), SizeIs(1));
  EXPECT_EQ(harness_.DeadLetters()[0].reason, store::FailureReason::kHopLimit);
}

TEST_F(DispatcherTest, AForwardingToNoBusIsADeadLetter) {
  const TargetId target = harness_.PutRule("rule", {{"other", "bus:missing", {}}})[0];
  harness_.Publish({target});
  ASSERT_THAT(harness_.DeadLetters(), SizeIs(1));
  EXPECT_EQ(harness_.DeadLetters()[0].reason, store::FailureReason::kTargetMissing);
}

}  // namespace
}  // namespace pavane::delivery
