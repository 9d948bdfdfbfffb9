#include "retention.h"

#include <string>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/registry.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"
#include "tests/unit/ingress/stations.h"

namespace pavane {
namespace {

using ::pavane::testing::Await;
using ::pavane::testing::MakeEvent;
using ::pavane::testing::Stations;
using ::testing::HasSubstr;

constexpr uint64_t kMebibyte = 1 << 20;

config::Config SmallLetterTable() {
  config::Config config;
  config.retention.dead_letters_max = 2;
  return config;
}

class RetentionTest : public ::testing::Test {
 protected:
  void PutBus(const pavane::admin::v1::PutBusRequest& request) {
    ASSERT_OK(Await<absl::StatusOr<pavane::admin::v1::PutBusResponse>>([&](auto done) {
                broker_.buses->Put(request, done);
              }).status());
  }
  // A bus of at most 1 MiB, with a rule for the events of `shop`.
  void PutLimitedBus() {
    pavane::admin::v1::PutBusRequest request;
    request.mutable_bus()->set_name("small");
    request.mutable_bus()->set_retention_bytes_max(kMebibyte);
    PutBus(request);
    ASSERT_OK(broker_.PutRule("r", R"({"source":["shop"]})", {"service:s"}, "small").status());
    small_ = broker_.rules.snapshot()->catalog().FindBus("small")->id;
  }
  // Events of a quarter MiB each, one commit each.
  pavane::v1::PublishResult PublishQuarter(const std::string& source) {
    event::CloudEvent event = MakeEvent();
    event.set_id(absl::StrCat("e-", ++published_));
    event.set_source(source);
    event.set_text_data(absl::StrCat("{\"a\":\"", std::string(kMebibyte / 4, 'x'), "\"}"));
    return broker_.PublishOne(event, "small");
  }
  void Kill(int count) {
    for (int i = 0; i < count; ++i) {
      event::CloudEvent event = MakeEvent();
      event.set_id(absl::StrCat("k-", ++published_));
      broker_.PublishOne(event);
      EXPECT_FALSE(broker_.Reject("s", broker_.Pull("s", 1).at(0).delivery_id).has_error());
    }
  }

  Stations broker_{SmallLetterTable()};
  metrics::Registry registry_;
  metrics::BrokerMetrics metrics_{registry_};
  Retention retention_{{broker_.clock, broker_.config.retention, *broker_.log, *broker_.writer,
                        *broker_.dispatcher, broker_.rules, broker_.gate, *broker_.dead_letters,
                        *broker_.filler, metrics_, [] { return false; }}};
  BusId small_;
  int published_ = 0;
};

TEST_F(RetentionTest, TheOldestEventsGoOnceABusHoldsMoreThanItsBytes) {
  PutLimitedBus();
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(PublishQuarter("unmatched").has_error());
  retention_.HoldByteLimits();
  EXPECT_EQ(broker_.log->EventRange(small_).first, Sequence(5));
  EXPECT_LE(*broker_.log->KeptBytes(small_), kMebibyte);
  EXPECT_FALSE(PublishQuarter("unmatched").has_error());
}

TEST_F(RetentionTest, AnUnsettledDeliveryPinsTheBusAndPublishingNamesItsTarget) {
  PutLimitedBus();
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(PublishQuarter("unmatched").has_error());
  EXPECT_EQ(PublishQuarter("shop").matched_rules(), 1u);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(PublishQuarter("unmatched").has_error());
  retention_.HoldByteLimits();
  // What may go went; the delivery's event stays, and with it all that came later.
  EXPECT_EQ(broker_.log->EventRange(small_).first, Sequence(3));
  const pavane::v1::PublishResult refused = PublishQuarter("unmatched");
  EXPECT_EQ(refused.error().reason(), pavane::v1::RETENTION_PINNED);
  EXPECT_THAT(refused.error().message(), HasSubstr("target 'r/t0'"));
  EXPECT_TRUE(refused.error().has_retry_after());
  EXPECT_FALSE(broker_.PublishOne(MakeEvent()).has_error()) << "other buses go on";

  pavane::v1::Settlement ack;
  ack.set_delivery_id(broker_.Pull("s", 1).at(0).delivery_id);
  *ack.mutable_ack()->add_emits()->mutable_event() = MakeEvent();
  EXPECT_FALSE(broker_.Settle("s", ack).has_error()) << "emits to the pinned bus go on";
  retention_.HoldByteLimits();
  EXPECT_LE(*broker_.log->KeptBytes(small_), kMebibyte);
  EXPECT_FALSE(PublishQuarter("unmatched").has_error());
}

TEST_F(RetentionTest, AHigherLimitLiftsThePin) {
  PutLimitedBus();
  EXPECT_EQ(PublishQuarter("shop").matched_rules(), 1u);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(PublishQuarter("unmatched").has_error());
  retention_.HoldByteLimits();
  EXPECT_EQ(PublishQuarter("unmatched").error().reason(), pavane::v1::RETENTION_PINNED);
  pavane::admin::v1::PutBusRequest request;
  request.mutable_bus()->set_name("small");
  request.mutable_bus()->set_retention_bytes_max(8 * kMebibyte);
  PutBus(request);
  retention_.HoldByteLimits();
  EXPECT_FALSE(PublishQuarter("unmatched").has_error());
}

TEST_F(RetentionTest, EventsGoByAgeButNotWhileADeliveryNeedsThem) {
  pavane::admin::v1::PutBusRequest request;
  request.mutable_bus()->set_name("default");
  request.mutable_bus()->mutable_retention()->set_seconds(10);
  PutBus(request);
  ASSERT_OK(broker_.PutRule("r", R"({"source":["shop"]})").status());
  const BusId bus = broker_.rules.snapshot()->catalog().FindBus("default")->id;
  event::CloudEvent unmatched = MakeEvent();
  unmatched.set_id("unmatched");
  unmatched.set_source("elsewhere");
  broker_.PublishOne(unmatched);
  broker_.PublishOne(MakeEvent());
  retention_.DropOldEvents();
  EXPECT_EQ(broker_.log->EventRange(bus).first, Sequence(1)) << "not past retention";
  broker_.clock.Advance(absl::Seconds(20));
  retention_.DropOldEvents();
  EXPECT_EQ(broker_.log->EventRange(bus).first, Sequence(2)) << "needed";
  EXPECT_FALSE(broker_.Reject("s", broker_.Pull("s", 1).at(0).delivery_id).has_error());
  retention_.DropOldEvents();
  EXPECT_EQ(broker_.log->EventRange(bus).first, Sequence());
}

TEST_F(RetentionTest, MoreBlocksThanOnePieceGoInOneRound) {
  const BusId bus = broker_.rules.snapshot()->catalog().FindBus("default")->id;
  event::CloudEvent event = MakeEvent();
  for (int i = 0; i < 300; ++i) {
    event.set_id(absl::StrCat("e-", i));
    broker_.PublishOne(event);
  }
  broker_.clock.Advance(broker_.config.retention.default_age + absl::Seconds(1));
  retention_.DropOldEvents();
  EXPECT_EQ(broker_.log->EventRange(bus).first, Sequence());
}

TEST_F(RetentionTest, EventsOfADeletedBusGo) {
  ASSERT_OK(broker_.PutBus("gone"));
  broker_.PublishOne(MakeEvent(), "gone");
  const BusId bus = broker_.rules.snapshot()->catalog().FindBus("gone")->id;
  retention_.DropDeletedBuses();
  EXPECT_EQ(broker_.log->EventRange(bus).first, Sequence(1));
  pavane::admin::v1::DeleteBusRequest request;
  request.set_name("gone");
  ASSERT_OK(Await<absl::StatusOr<pavane::admin::v1::DeleteBusResponse>>([&](auto done) {
              broker_.buses->Delete(request, done);
            }).status());
  retention_.DropDeletedBuses();
  EXPECT_EQ(broker_.log->EventRange(bus).first, Sequence());
}

TEST_F(RetentionTest, DeadLettersExpireByNumberAndByAgeAndAreCounted) {
  ASSERT_OK(broker_.PutRule("r", R"({"source":["shop"]})").status());
  const ingress::RuleSnapshotPtr rules = broker_.rules.snapshot();
  const BusId bus = rules->catalog().FindBus("default")->id;
  const TargetId target = rules->catalog().FindRule(bus, "r")->target_ids.at(0);
  Kill(3);
  retention_.ExpireDeadLetters();
  EXPECT_EQ(broker_.log->dead_letter_count(target), 2u);
  EXPECT_EQ(metrics_.expired_dead_letters.With({"default"}).value(), 1u);
  broker_.clock.Advance(broker_.config.retention.dead_letters + absl::Seconds(1));
  Kill(1);
  retention_.ExpireDeadLetters();
  EXPECT_EQ(broker_.log->dead_letter_count(target), 1u);
  EXPECT_EQ(metrics_.expired_dead_letters.With({"default"}).value(), 3u);
}

}  // namespace
}  // namespace pavane
