#include "ingress/due_events.h"

#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "event/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"
#include "tests/unit/ingress/stations.h"

namespace pavane::ingress {
namespace {

using pavane::admin::v1::CancelScheduledEventsRequest;
using pavane::admin::v1::CancelScheduledEventsResponse;
using pavane::admin::v1::ListScheduledEventsResponse;
using ::pavane::testing::Await;
using ::pavane::testing::MakeEvent;
using ::pavane::testing::Stations;
using ::pavane::testing::StatusIs;

constexpr char kPattern[] = R"({"source":["shop"]})";

class DueEventsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(broker_->PutRule("r", kPattern).status()); }

  pavane::v1::PublishEntry Entry(const std::string& id, absl::Duration ahead) {
    pavane::v1::PublishEntry entry;
    *entry.mutable_event() = MakeEvent();
    entry.mutable_event()->set_id(id);
    const int64_t due_us = absl::ToUnixMicros(broker_->clock.Now() + ahead);
    entry.mutable_deliver_at()->set_seconds(due_us / 1'000'000);
    entry.mutable_deliver_at()->set_nanos(static_cast<int32_t>(due_us % 1'000'000) * 1000);
    return entry;
  }
  pavane::v1::PublishResult Publish(const pavane::v1::PublishEntry& entry) {
    pavane::v1::PublishRequest request;
    *request.add_entries() = entry;
    const auto response = broker_->Publish(std::move(request));
    EXPECT_OK(response);
    return response.ok() ? response->results(0) : pavane::v1::PublishResult();
  }
  pavane::v1::PublishResult Schedule(const std::string& id, absl::Duration ahead) {
    return Publish(Entry(id, ahead));
  }
  ListScheduledEventsResponse List() {
    const auto response = broker_->scheduled->List({});
    EXPECT_OK(response);
    return response.ok() ? *response : ListScheduledEventsResponse();
  }
  absl::StatusOr<CancelScheduledEventsResponse> Cancel(const std::string& id) {
    CancelScheduledEventsRequest request;
    request.set_id(id);
    return Await<absl::StatusOr<CancelScheduledEventsResponse>>(
        [&](auto done) { broker_->scheduled->Cancel(request, done); });
  }
  std::string IdOf(const targets::OutgoingDelivery& delivery) {
    event::CloudEvent event;
    EXPECT_TRUE(event.ParseFromString(delivery.event->bytes));
    return event.id();
  }
  void Restart() {
    const auto dir = broker_->dir;
    const absl::Time now = broker_->clock.Now();
    broker_.reset();
    broker_ = std::make_unique<Stations>(config::Config(), dir);
    broker_->clock.Advance(now - broker_->clock.Now());
  }

  std::unique_ptr<Stations> broker_ = std::make_unique<Stations>();
};

TEST_F(DueEventsTest, AnEventIsAppendedMatchedAndDeliveredWhenItIsDue) {
  const auto result = Schedule("later", absl::Hours(1));
  EXPECT_FALSE(result.has_error());
  EXPECT_TRUE(result.scheduled());
  EXPECT_FALSE(result.duplicate());
  EXPECT_EQ(result.sequence(), 0u);
  EXPECT_EQ(broker_->due_events->waiting(), 1u);
  EXPECT_EQ(Schedule("now", -absl::Seconds(1)).sequence(), 1u) << "the past is at once";
  EXPECT_EQ(IdOf(broker_->Pull("s", 1).at(0)), "now");
  const absl::Time due = broker_->clock.Now() + absl::Hours(1);
  broker_->clock.Advance(absl::Hours(1) + absl::Seconds(1));
  const targets::OutgoingDelivery delivery = broker_->Pull("s", 1).at(0);
  EXPECT_EQ(IdOf(delivery), "later");
  EXPECT_EQ(delivery.event->ref.sequence, Sequence(2));
  EXPECT_GE(delivery.accepted_us, absl::ToUnixMicros(due)) << "its age runs from the due time";
  EXPECT_EQ(broker_->due_events->waiting(), 0u);
}

TEST_F(DueEventsTest, TheNextOneGoesFirst) {
  Schedule("second", absl::Seconds(20));
  Schedule("first", absl::Seconds(10));
  ASSERT_EQ(List().events_size(), 2);
  EXPECT_EQ(List().events(0).event().id(), "first");
  EXPECT_EQ(List().events(0).bus(), "default");
  broker_->clock.Advance(absl::Seconds(30));
  EXPECT_EQ(IdOf(broker_->Pull("s", 1).at(0)), "first");
  EXPECT_EQ(IdOf(broker_->Pull("s", 1).at(0)), "second");
}

TEST_F(DueEventsTest, RulesOfTheDueTimeDecide) {
  Schedule("later", absl::Seconds(10));
  ASSERT_OK(broker_->PutRule("r2", kPattern, {"service:other"}).status());
  broker_->clock.Advance(absl::Seconds(11));
  EXPECT_EQ(IdOf(broker_->Pull("other", 1).at(0)), "later");
}

TEST_F(DueEventsTest, WhileOneWaitsARepeatIsItsDuplicateAndAfterwardsToo) {
  Schedule("later", absl::Seconds(10));
  for (const absl::Duration ahead : {absl::Seconds(99), absl::ZeroDuration()}) {
    const auto repeat = Schedule("later", ahead);
    EXPECT_TRUE(repeat.duplicate());
    EXPECT_TRUE(repeat.scheduled());
  }
  broker_->clock.Advance(absl::Seconds(11));
  EXPECT_EQ(IdOf(broker_->Pull("s", 1).at(0)), "later");
  const auto repeat = Schedule("later", absl::Seconds(99));
  EXPECT_TRUE(repeat.duplicate());
  EXPECT_FALSE(repeat.scheduled());
  EXPECT_EQ(repeat.sequence(), 1u);
  EXPECT_EQ(List().events_size(), 0);
}

TEST_F(DueEventsTest, ACancelledEventIsNotAppendedAndItsIdIsFree) {
  Schedule("later", absl::Seconds(10));
  ASSERT_OK_AND_ASSIGN(const auto cancelled, Cancel("later"));
  EXPECT_EQ(cancelled.cancelled(), 1u);
  EXPECT_THAT(Cancel("later").status(), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(broker_->due_events->waiting(), 0u);
  EXPECT_EQ(Schedule("later", absl::ZeroDuration()).sequence(), 1u);
}

TEST_F(DueEventsTest, ScheduledEventsSurviveARestart) {
  Schedule("later", absl::Seconds(10));
  Schedule("cancelled", absl::Seconds(10));
  ASSERT_OK(Cancel("cancelled").status());
  Restart();
  EXPECT_EQ(broker_->due_events->waiting(), 1u);
  EXPECT_TRUE(Schedule("later", absl::Seconds(99)).duplicate());
  broker_->clock.Advance(absl::Seconds(11));
  EXPECT_EQ(IdOf(broker_->Pull("s", 1).at(0)), "later");
  Restart();
  EXPECT_EQ(broker_->due_events->waiting(), 0u) << "appended once";
  EXPECT_EQ(broker_->log->EventRange(BusId(1)).second, Sequence(1));
}

TEST_F(DueEventsTest, AnEmitMayBeScheduled) {
  Schedule("cause", absl::ZeroDuration());
  pavane::v1::Settlement settlement;
  settlement.set_delivery_id(broker_->Pull("s", 1).at(0).delivery_id);
  *settlement.mutable_ack()->add_emits() = Entry("emitted", absl::Seconds(10));
  const auto result = broker_->Settle("s", settlement);
  ASSERT_FALSE(result.has_error()) << result.error().message();
  ASSERT_EQ(result.emits_size(), 1);
  EXPECT_TRUE(result.emits(0).scheduled());
  EXPECT_EQ(result.emits(0).sequence(), 0u);
  broker_->clock.Advance(absl::Seconds(11));
  const targets::OutgoingDelivery delivery = broker_->Pull("s", 1).at(0);
  EXPECT_EQ(IdOf(delivery), "emitted");
  ASSERT_TRUE(delivery.event->cause.has_value());
  EXPECT_EQ(delivery.event->cause->sequence, Sequence(1));
}

TEST_F(DueEventsTest, WhatIsNoTimeOrTooFarAheadIsRefused) {
  EXPECT_EQ(Schedule("far", kDeliverAheadMax + absl::Hours(1)).error().reason(),
            pavane::v1::INVALID_ATTRIBUTE);
  pavane::v1::PublishEntry entry = Entry("bad", absl::Seconds(1));
  entry.mutable_deliver_at()->set_nanos(-1);
  EXPECT_EQ(Publish(entry).error().reason(), pavane::v1::INVALID_ATTRIBUTE);
  EXPECT_EQ(broker_->due_events->waiting(), 0u);
}

TEST_F(DueEventsTest, ARefusedBatchSchedulesNothing) {
  pavane::v1::PublishRequest request;
  request.set_all_or_nothing(true);
  *request.add_entries() = Entry("later", absl::Seconds(10));
  *request.add_entries() = Entry("far", kDeliverAheadMax + absl::Hours(1));
  ASSERT_OK_AND_ASSIGN(const auto response, broker_->Publish(std::move(request)));
  EXPECT_EQ(response.results(0).error().reason(), pavane::v1::BATCH_REFUSED);
  EXPECT_FALSE(response.results(0).scheduled());
  EXPECT_EQ(broker_->due_events->waiting(), 0u);
  EXPECT_FALSE(Schedule("later", absl::Seconds(10)).duplicate());
}

TEST_F(DueEventsTest, NothingIsAppendedWhilePublishesAreRefused) {
  Schedule("later", absl::Seconds(10));
  broker_->gate.SetDiskLevel(DiskLevel::kSoftFloor);
  broker_->clock.Advance(absl::Seconds(11));
  EXPECT_EQ(List().events_size(), 1);
  broker_->gate.SetDiskLevel(DiskLevel::kEnough);
  while (broker_->due_events->waiting() > 0) {
    broker_->clock.Advance(absl::Milliseconds(10));
    std::this_thread::yield();
  }
  EXPECT_EQ(IdOf(broker_->Pull("s", 1).at(0)), "later");
}

}  // namespace
}  // namespace pavane::ingress
