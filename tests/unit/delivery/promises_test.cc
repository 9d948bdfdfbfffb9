// Promises of docs/delivery.md that the dispatcher's other tests do not keep.
#include <memory>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/delivery/harness.h"

namespace pavane::delivery {
namespace {

using ::testing::SizeIs;

// Emits nothing, but takes its time: the lease's end passes while the settlement commits.
class SlowEmits : public PreparedEvents {
 public:
  SlowEmits(ManualClock& clock, absl::Duration time) : clock_(clock), time_(time) {}

  absl::StatusOr<std::vector<store::EmittedEvent>> Append(store::CommitBuilder&,
                                                          const event::StoredEvent&,
                                                          TargetId) override {
    clock_.Advance(time_);
    return std::vector<store::EmittedEvent>();
  }
  size_t bytes() const override { return 100; }
  size_t count() const override { return 1; }
  uint64_t content_hash() const override { return 1; }

 private:
  ManualClock& clock_;
  const absl::Duration time_;
};

class PromiseTest : public ::testing::Test {
 protected:
  TargetId PutTarget(std::function<void(pavane::admin::v1::Target&)> with = {}) {
    return harness_.PutRule("rule", {{"seat", "service:seat", std::move(with)}})[0];
  }
  void Reject(const targets::OutgoingDelivery& delivery) {
    const auto answer =
        harness_.SettleOne("seat", delivery.delivery_id, delivery::Reject{"NO", "", nullptr});
    EXPECT_FALSE(answer.refusal.has_value());
  }
  Harness harness_;
};

TEST_F(PromiseTest, ALeaseCannotEndWhileItsSettlementCommits) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 10);
  harness_.Publish({target});
  Ack ack;
  ack.emits = std::make_unique<SlowEmits>(harness_.clock(), absl::Hours(1));
  const std::string id = client.session->Take()[0].delivery_id;
  EXPECT_FALSE(harness_.SettleOne("seat", id, std::move(ack)).refusal.has_value());
  harness_.Sync();
  EXPECT_THAT(client.session->Take(), SizeIs(0));
  EXPECT_THAT(client.session->TakeLost(), SizeIs(0));
  EXPECT_EQ(harness_.Stats(target).counters.successes, 1u);
}

TEST_F(PromiseTest, APausedTargetsDeliveriesAge) {
  const TargetId target = PutTarget([](auto& definition) { definition.set_paused(true); });
  harness_.Publish({target});
  harness_.Advance(absl::Hours(23));
  EXPECT_THAT(harness_.DeadLetters(), SizeIs(0));
  harness_.Advance(absl::Hours(2));
  EXPECT_THAT(harness_.DeadLetters(), SizeIs(1));
}

TEST_F(PromiseTest, ABacklogExpiresWholeAndOthersAreServedMeanwhile) {
  const auto targets =
      harness_.PutRule("rule", {{"old", "service:old", {}}, {"seat", "service:seat", {}}});
  harness_.Publish({targets[0]}, 1000);
  auto client = harness_.Connect("seat", 10);
  harness_.Advance(absl::Hours(25));
  harness_.Publish({targets[1]});
  EXPECT_THAT(client.session->Take(), SizeIs(1));
  for (int i = 0; i < 5; ++i) harness_.Advance(absl::Seconds(1));
  EXPECT_EQ(harness_.Stats(targets[0]).queued, 0u);
  EXPECT_THAT(harness_.DeadLetters(), SizeIs(1000));
}

TEST_F(PromiseTest, ARedrivenDeliveryThatFailsAgainIsCountedAgain) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 10);
  harness_.Publish({target});
  Reject(client.session->Take()[0]);
  harness_.Redrive(harness_.DeadLetters()[0]);
  Reject(client.session->Take()[0]);
  EXPECT_THAT(harness_.DeadLetters(), SizeIs(1));
  const auto& counters = harness_.Stats(target).counters;
  EXPECT_EQ(counters.sent_to_dead_letters, 2u);
  harness_.Restart(false);
  EXPECT_EQ(harness_.Stats(target).counters.sent_to_dead_letters, 2u);
}

TEST_F(PromiseTest, ARedrivenDeliverysAgeRunsFromTheRedrive) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 1);
  harness_.Publish({target});
  Reject(client.session->Take()[0]);
  harness_.Advance(absl::Hours(23));
  harness_.Redrive(harness_.DeadLetters()[0]);
  harness_.Advance(absl::Hours(20));  // 43 from acceptance; no credit, so it waits
  EXPECT_EQ(harness_.Stats(target).queued, 1u);
  harness_.Advance(absl::Hours(5));
  EXPECT_EQ(harness_.Stats(target).queued, 0u);
  EXPECT_THAT(harness_.DeadLetters(), SizeIs(1));
}

TEST_F(PromiseTest, WhatIsUnsettledHoldsItsEventBack) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 10);
  harness_.Publish({target}, 5);
  const auto deliveries = client.session->Take();
  ASSERT_THAT(deliveries, SizeIs(5));
  const BusId bus(1);
  EXPECT_EQ(harness_.dispatcher().low_water(bus).sequence, Sequence(1));
  for (const int done : {0, 1, 3, 4}) {
    harness_.SettleOne("seat", deliveries[done].delivery_id, Ack{});
  }
  EXPECT_EQ(harness_.dispatcher().low_water(bus).sequence, Sequence(3));
  // Also as a retry, and after a restart.
  harness_.SettleOne("seat", deliveries[2].delivery_id, Nack{absl::Hours(1), "", ""});
  EXPECT_EQ(harness_.dispatcher().low_water(bus).sequence, Sequence(3));
  harness_.Restart(false);
  EXPECT_EQ(harness_.dispatcher().low_water(bus).sequence, Sequence(3));
}

TEST_F(PromiseTest, AnotherServiceMayNotExtend) {
  const TargetId target = PutTarget();
  auto client = harness_.Connect("seat", 1);
  harness_.Publish({target});
  std::vector<ExtendRequest> items(1);
  items[0].delivery_id = client.session->Take()[0].delivery_id;
  std::vector<ExtendAnswer> answers;
  harness_.dispatcher().Extend("ticket", items, [&](auto all) { answers = all; });
  harness_.Sync();
  ASSERT_THAT(answers, SizeIs(1));
  ASSERT_TRUE(answers[0].refusal.has_value());
  EXPECT_EQ(answers[0].refusal->reason, pavane::v1::NOT_YOUR_DELIVERY);
}

}  // namespace
}  // namespace pavane::delivery
