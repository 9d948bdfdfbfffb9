#include "ingress/filler.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "event/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"
#include "tests/unit/ingress/stations.h"

namespace pavane::ingress {
namespace {

using pavane::admin::v1::PutRuleRequest;
using pavane::admin::v1::PutRuleResponse;
using ::pavane::testing::Await;
using ::pavane::testing::MakeEvent;
using ::pavane::testing::Stations;
using ::pavane::testing::StatusIs;
using pavane::v1::StartPosition;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kFilledPattern[] = R"({"source":["shop"]})";

class FillerTest : public ::testing::Test {
 protected:
  void Publish(int count, const std::string& source = "shop") {
    for (int sent = 0; sent < count;) {
      pavane::v1::PublishRequest request;
      for (; sent < count && request.entries_size() < 500; ++sent) {
        event::CloudEvent& event = *request.add_entries()->mutable_event();
        event = MakeEvent();
        event.set_id(absl::StrCat("e-", ++published_));
        event.set_source(source);
      }
      ASSERT_OK(broker_->Publish(std::move(request)).status());
    }
  }
  PutRuleRequest RuleFrom(const StartPosition& start) {
    PutRuleRequest request;
    request.mutable_rule()->set_name("r");
    request.mutable_rule()->set_pattern(kFilledPattern);
    pavane::admin::v1::Target& target = *request.mutable_rule()->add_targets();
    target.set_id("t");
    target.set_address("service:s");
    *target.mutable_start_position() = start;
    return request;
  }
  absl::StatusOr<PutRuleResponse> Put(const PutRuleRequest& request) {
    return Await<absl::StatusOr<PutRuleResponse>>(
        [&](auto done) { broker_->rule_admin->Put(request, done); });
  }
  absl::Status SetState(pavane::admin::v1::Rule::State state) {
    return Await<absl::Status>(
        [&](auto done) { broker_->rule_admin->SetState("", "r", state, done); });
  }
  static StartPosition Earliest() {
    StartPosition start;
    start.set_earliest(true);
    return start;
  }
  static StartPosition From(uint64_t sequence) {
    StartPosition start;
    start.set_sequence(sequence);
    return start;
  }
  static StartPosition Since(absl::Time time) {
    StartPosition start;
    const int64_t us = absl::ToUnixMicros(time);
    start.mutable_time()->set_seconds(us / 1'000'000);
    start.mutable_time()->set_nanos(static_cast<int32_t>(us % 1'000'000) * 1000);
    return start;
  }
  // Acknowledged; their sequences in the order they came in.
  std::vector<uint64_t> Take(size_t count) {
    std::vector<uint64_t> sequences;
    while (sequences.size() < count) {
      const size_t more = std::min<size_t>(count - sequences.size(), kFilledMax / 2);
      Settler::Settlements settlements;
      for (const auto& delivery : broker_->Pull("s", static_cast<uint32_t>(more))) {
        sequences.push_back(delivery.event->ref.sequence.value());
        EXPECT_EQ(delivery.attempt, 1u);
        EXPECT_EQ(delivery.kind, targets::DeliveryKind::kLive);
        settlements.Add()->set_delivery_id(delivery.delivery_id);
        settlements.rbegin()->mutable_ack();
      }
      for (const auto& result : Await<Settler::Results>(
               [&](auto done) { broker_->settler->Settle("s", std::move(settlements), done); })) {
        EXPECT_FALSE(result.has_error());
      }
    }
    return sequences;
  }
  TargetId Target() {
    const store::Catalog& catalog = broker_->rules.snapshot()->catalog();
    return catalog.FindRule(catalog.FindBus("default")->id, "r")->target_ids.at(0);
  }
  // Everything that was to be filled in was looked at, and all of it settled.
  void ExpectNothingLeft() {
    EXPECT_EQ(broker_->filler->EventsLeft(Target()), 0u);
    EXPECT_EQ(broker_->dispatcher->unsettled(Target()), 0u);
  }
  uint64_t Created() {
    for (const delivery::TargetStats& stats : broker_->dispatcher->CollectTargetStats()) {
      if (stats.target == Target()) return stats.counters.created;
    }
    return 0;
  }
  void Restart() {
    const auto dir = broker_->dir;
    const absl::Time now = broker_->clock.Now();
    broker_.reset();
    broker_ = std::make_unique<Stations>(config::Config(), dir);
    broker_->clock.Advance(now - broker_->clock.Now());
  }

  std::unique_ptr<Stations> broker_ = std::make_unique<Stations>();
  int published_ = 0;
};

TEST_F(FillerTest, EarliestBringsWhatTheRuleMatchesOfThePastThenWhatComes) {
  Publish(2);
  Publish(3, "bank");
  Publish(1);
  ASSERT_OK(Put(RuleFrom(Earliest())).status());
  EXPECT_THAT(Take(3), ElementsAre(1, 2, 6));
  Publish(1);
  EXPECT_THAT(Take(1), ElementsAre(7));
  ExpectNothingLeft();
  EXPECT_EQ(Created(), 4u);
}

TEST_F(FillerTest, ASequenceBringsWhatComesFromItOn) {
  Publish(5);
  ASSERT_OK(Put(RuleFrom(From(4))).status());
  EXPECT_THAT(Take(2), ElementsAre(4, 5));
  ExpectNothingLeft();
  EXPECT_EQ(Created(), 2u);
}

TEST_F(FillerTest, ATimeBringsWhatWasAcceptedAtOrAfterIt) {
  Publish(2);
  broker_->clock.Advance(absl::Hours(1));
  const absl::Time since = broker_->clock.Now();
  Publish(3);
  ASSERT_OK(Put(RuleFrom(Since(since))).status());
  EXPECT_THAT(Take(3), ElementsAre(3, 4, 5));
  ExpectNothingLeft();
}

TEST_F(FillerTest, LatestAndTheNextSequenceBringNothingOfThePast) {
  Publish(2);
  StartPosition latest;
  latest.set_latest(true);
  ASSERT_OK(Put(RuleFrom(latest)).status());
  Publish(1);
  EXPECT_THAT(Take(1), ElementsAre(3));
  PutRuleRequest next = RuleFrom(From(4));
  next.mutable_rule()->set_name("r2");
  next.mutable_rule()->mutable_targets(0)->set_address("service:other");
  ASSERT_OK(Put(next).status());
  Publish(1);
  EXPECT_EQ(broker_->Pull("other", 1).at(0).event->ref.sequence, Sequence(4));
}

TEST_F(FillerTest, AStartAheadOrBesideOrderByKeyIsRefused) {
  Publish(2);
  const auto refused = [this](const PutRuleRequest& request) {
    return event::ReasonOf(Put(request).status());
  };
  EXPECT_EQ(refused(RuleFrom(From(4))), pavane::v1::INVALID_POLICY);
  EXPECT_EQ(refused(RuleFrom(From(0))), pavane::v1::INVALID_POLICY);
  EXPECT_EQ(refused(RuleFrom(Since(broker_->clock.Now() + absl::Hours(1)))),
            pavane::v1::INVALID_POLICY);
  PutRuleRequest ordered = RuleFrom(Earliest());
  ordered.mutable_rule()->mutable_targets(0)->mutable_ordering()->set_mode(
      pavane::v1::Ordering::KEY);
  EXPECT_EQ(refused(ordered), pavane::v1::INVALID_POLICY);
}

TEST_F(FillerTest, MoreThanFitsOnTheTimerIsFilledLazilyWithoutGapOrRepeat) {
  constexpr int kEvents = 3 * kFilledMax + 7;
  Publish(kEvents);
  ASSERT_OK(Put(RuleFrom(Earliest())).status());
  std::vector<uint64_t> first = Take(1);
  EXPECT_LE(broker_->dispatcher->unsettled(Target()), uint64_t{kFilledMax});
  Publish(5);
  std::multiset<uint64_t> all(first.begin(), first.end());
  const std::vector<uint64_t> rest = Take(kEvents + 5 - 1);
  all.insert(rest.begin(), rest.end());
  std::multiset<uint64_t> expected;
  for (uint64_t sequence = 1; sequence <= kEvents + 5; ++sequence) expected.insert(sequence);
  EXPECT_EQ(all, expected);
  ExpectNothingLeft();
}

TEST_F(FillerTest, RestartsLeaveNothingOutAndRepeatNothing) {
  constexpr int kEvents = 3 * kFilledMax;
  Publish(kEvents);
  ASSERT_OK(Put(RuleFrom(Earliest())).status());
  std::multiset<uint64_t> all;
  for (const uint32_t count : {10, 700, 900, 1390}) {
    const std::vector<uint64_t> taken = Take(count);
    all.insert(taken.begin(), taken.end());
    Restart();
  }
  std::multiset<uint64_t> expected;
  for (uint64_t sequence = 1; sequence <= kEvents; ++sequence) expected.insert(sequence);
  EXPECT_EQ(all, expected);
  ExpectNothingLeft();
  EXPECT_EQ(Created(), uint64_t{kEvents});
}

TEST_F(FillerTest, ATargetThatExistsKeepsItsPlace) {
  Publish(3);
  ASSERT_OK(Put(RuleFrom(From(3))).status());
  EXPECT_THAT(Take(1), ElementsAre(3));
  ASSERT_OK(Put(RuleFrom(Earliest())).status());
  ASSERT_OK(Put(RuleFrom(From(99))).status());
  Publish(1);
  EXPECT_THAT(Take(1), ElementsAre(4));
  ExpectNothingLeft();
}

TEST_F(FillerTest, WhileItIsFilledATargetCannotBeOrdered) {
  Publish(2 * kFilledMax);
  ASSERT_OK(Put(RuleFrom(Earliest())).status());
  PutRuleRequest ordered = RuleFrom(StartPosition());
  ordered.mutable_rule()->mutable_targets(0)->mutable_ordering()->set_mode(
      pavane::v1::Ordering::KEY);
  EXPECT_EQ(event::ReasonOf(Put(ordered).status()), pavane::v1::INVALID_POLICY);
  Take(2 * kFilledMax);
  EXPECT_OK(Put(ordered).status());
}

TEST_F(FillerTest, DeletingTheRuleEndsIt) {
  Publish(2 * kFilledMax);
  ASSERT_OK(Put(RuleFrom(Earliest())).status());
  Take(1);
  const TargetId target = Target();
  pavane::admin::v1::DeleteRuleRequest request;
  request.set_name("r");
  request.set_discard(true);
  using Response = absl::StatusOr<pavane::admin::v1::DeleteRuleResponse>;
  ASSERT_OK(Await<Response>([&](auto done) { broker_->rule_admin->Delete(request, done); }));
  EXPECT_EQ(broker_->filler->EventsLeft(target), 0u);
  const auto fills = broker_->log->ReadFills();
  ASSERT_OK(fills);
  EXPECT_THAT(*fills, IsEmpty());
  // One of the same name is another target.
  ASSERT_OK(Put(RuleFrom(From(2 * kFilledMax))).status());
  EXPECT_NE(Target(), target);
  EXPECT_THAT(Take(1), ElementsAre(uint64_t{2 * kFilledMax}));
}

TEST_F(FillerTest, ADisabledRuleWaitsAndThePatternOfTheTimeDecides) {
  Publish(1);
  Publish(1, "bank");
  PutRuleRequest request = RuleFrom(Earliest());
  request.mutable_rule()->set_state(pavane::admin::v1::Rule::DISABLED);
  ASSERT_OK(Put(request).status());
  EXPECT_EQ(broker_->filler->EventsLeft(Target()), 2u);
  request.mutable_rule()->set_pattern(R"({"source":["bank"]})");
  ASSERT_OK(Put(request).status());
  EXPECT_EQ(broker_->filler->EventsLeft(Target()), 2u);
  ASSERT_OK(SetState(pavane::admin::v1::Rule::ENABLED));
  EXPECT_THAT(Take(1), ElementsAre(2));
  ExpectNothingLeft();
}

TEST_F(FillerTest, ItsAgeRunsFromTheFilling) {
  Publish(1);
  broker_->clock.Advance(absl::Hours(48));
  ASSERT_OK(Put(RuleFrom(Earliest())).status());
  EXPECT_THAT(Take(1), ElementsAre(1));
}

TEST_F(FillerTest, OnlyWhatIsUnsettledHoldsItsEventBack) {
  Publish(2 * kFilledMax);
  ASSERT_OK(Put(RuleFrom(Earliest())).status());
  const BusId bus = broker_->rules.snapshot()->catalog().FindBus("default")->id;
  Take(1);
  EXPECT_EQ(broker_->dispatcher->low_water(bus).sequence, Sequence(2));
  EXPECT_EQ(broker_->dispatcher->low_water(bus).target, Target());
  Take(700);
  EXPECT_EQ(broker_->dispatcher->low_water(bus).sequence, Sequence(702));
}

TEST_F(FillerTest, WhatRetentionHasTakenIsPassedOver) {
  for (int i = 0; i < 6; ++i) {
    // Blocks of their own, which are dropped one by one.
    event::CloudEvent event = MakeEvent();
    event.set_id(absl::StrCat("large-", i));
    event.set_source("shop");
    event.set_text_data(absl::StrCat("{\"a\":\"", std::string(1 << 18, 'x'), "\"}"));
    ASSERT_FALSE(broker_->PublishOne(event).has_error());
  }
  PutRuleRequest request = RuleFrom(Earliest());
  request.mutable_rule()->set_state(pavane::admin::v1::Rule::DISABLED);
  ASSERT_OK(Put(request).status());
  const BusId bus = broker_->rules.snapshot()->catalog().FindBus("default")->id;
  broker_->writer->Stop();  // whose thread alone may drop
  ASSERT_OK(broker_->log->DropEvents(bus, Sequence(4)).status());
  Restart();
  ASSERT_EQ(broker_->log->EventRange(bus).first, Sequence(4));
  EXPECT_EQ(broker_->filler->EventsLeft(Target()), 3u);
  ASSERT_OK(SetState(pavane::admin::v1::Rule::ENABLED));
  EXPECT_THAT(Take(3), ElementsAre(4, 5, 6));
  ExpectNothingLeft();
}

}  // namespace
}  // namespace pavane::ingress
