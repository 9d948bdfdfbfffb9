#include "ingress/publisher.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "event/attributes.h"
#include "event/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"
#include "tests/unit/ingress/stations.h"

namespace pavane::ingress {
namespace {

using ::pavane::testing::MakeEvent;
using ::pavane::testing::Stations;

event::CloudEvent EventNamed(const std::string& id) {
  event::CloudEvent event = MakeEvent();
  event.set_id(id);
  return event;
}

pavane::v1::PublishRequest Batch(const std::vector<event::CloudEvent>& events) {
  pavane::v1::PublishRequest request;
  for (const event::CloudEvent& event : events) *request.add_entries()->mutable_event() = event;
  return request;
}

TEST(Publisher, NumbersEventsAndCountsTheRulesThatMatched) {
  Stations broker;
  ASSERT_OK(broker.PutRule("r1", R"({"source":["shop"]})").status());
  ASSERT_OK(broker.PutRule("r2", R"({"detail":{"a":[1]}})").status());
  ASSERT_OK(broker.PutRule("r3", R"({"source":["other"]})").status());
  ASSERT_OK_AND_ASSIGN(const auto response,
                       broker.Publish(Batch({EventNamed("1"), EventNamed("2")})));
  ASSERT_EQ(response.results_size(), 2);
  EXPECT_EQ(response.results(0).sequence(), 1u);
  EXPECT_EQ(response.results(1).sequence(), 2u);
  EXPECT_EQ(response.results(0).matched_rules(), 2u);
  EXPECT_EQ(response.results(0).bus(), "default");
  EXPECT_EQ(response.results(0).event_id(), "1");
}

TEST(Publisher, APinnedBusRefusesItsEntriesOnly) {
  Stations broker;
  ASSERT_OK(broker.PutBus("pinned"));
  const BusId bus = broker.rules.snapshot()->catalog().FindBus("pinned")->id;
  broker.gate.SetPinned({{bus, "target 'r/t' needs the oldest events"}});
  pavane::v1::PublishRequest request = Batch({EventNamed("1"), EventNamed("2")});
  request.mutable_entries(0)->set_bus("pinned");
  ASSERT_OK_AND_ASSIGN(auto response, broker.Publish(request));
  EXPECT_EQ(response.results(0).error().reason(), pavane::v1::RETENTION_PINNED);
  EXPECT_EQ(response.results(0).error().message(), "target 'r/t' needs the oldest events");
  EXPECT_EQ(response.results(1).sequence(), 1u);
  broker.gate.SetPinned({});
  ASSERT_OK_AND_ASSIGN(response, broker.Publish(request));
  EXPECT_EQ(response.results(0).sequence(), 1u);
}

TEST(Publisher, ADuplicateGetsTheFirstAnswerAlsoWithinABatch) {
  Stations broker;
  ASSERT_OK_AND_ASSIGN(const auto response,
                       broker.Publish(Batch({EventNamed("1"), EventNamed("1")})));
  EXPECT_FALSE(response.results(0).duplicate());
  EXPECT_TRUE(response.results(1).duplicate());
  EXPECT_EQ(response.results(1).sequence(), response.results(0).sequence());
}

TEST(Publisher, ADedupKeyStandsForSourceAndId) {
  Stations broker;
  pavane::v1::PublishRequest request = Batch({EventNamed("1"), EventNamed("2"), EventNamed("1")});
  request.mutable_entries(0)->set_dedup_key("k");
  request.mutable_entries(1)->set_dedup_key("k");
  ASSERT_OK_AND_ASSIGN(const auto response, broker.Publish(request));
  EXPECT_TRUE(response.results(1).duplicate());
  EXPECT_FALSE(response.results(2).duplicate());
}

TEST(Publisher, EachEntryStandsAlone) {
  Stations broker;
  ASSERT_OK_AND_ASSIGN(const auto response,
                       broker.Publish(Batch({EventNamed(""), EventNamed("2")})));
  EXPECT_EQ(response.results(0).error().reason(), pavane::v1::MISSING_ATTRIBUTE);
  EXPECT_EQ(response.results(1).sequence(), 1u);
}

TEST(Publisher, AllOrNothingAppendsNothingWhenOneEntryIsRefused) {
  Stations broker;
  pavane::v1::PublishRequest request = Batch({EventNamed("1"), EventNamed("")});
  request.set_all_or_nothing(true);
  ASSERT_OK_AND_ASSIGN(const auto response, broker.Publish(request));
  EXPECT_EQ(response.results(0).error().reason(), pavane::v1::BATCH_REFUSED);
  EXPECT_EQ(response.results(1).error().reason(), pavane::v1::MISSING_ATTRIBUTE);
  EXPECT_EQ(broker.PublishOne(EventNamed("1")).sequence(), 1u);
}

TEST(Publisher, ValidateOnlyMatchesAndAppendsNothing) {
  Stations broker;
  ASSERT_OK(broker.PutRule("r", R"({"source":["shop"]})").status());
  pavane::v1::PublishRequest request = Batch({EventNamed("1")});
  request.set_validate_only(true);
  ASSERT_OK_AND_ASSIGN(const auto response, broker.Publish(request));
  EXPECT_EQ(response.results(0).matched_rules(), 1u);
  EXPECT_EQ(response.results(0).sequence(), 0u);
  EXPECT_EQ(broker.PublishOne(EventNamed("1")).sequence(), 1u);
}

TEST(Publisher, AnEventWithoutAFlowGetsOne) {
  Stations broker;
  broker.PublishOne(EventNamed("not-a-uuid"));
  ASSERT_OK_AND_ASSIGN(const event::StoredEventPtr stored,
                       broker.log->ReadEvent({BusId(1), Sequence(1)}));
  event::CloudEvent event;
  ASSERT_TRUE(event.ParseFromString(stored->bytes));
  EXPECT_TRUE(IsUuid(event::TextAttribute(event, event::kCorrelationId)));
}

TEST(Publisher, RefusesWholeCallsWithTheirReason) {
  config::Config config;
  config.limits.batch_entries_max = 2;
  Stations broker(config);
  auto reason = [&](const pavane::v1::PublishRequest& request) {
    return event::ReasonOf(broker.Publish(request).status());
  };
  EXPECT_EQ(reason(Batch({EventNamed("1"), EventNamed("2"), EventNamed("3")})),
            pavane::v1::BATCH_TOO_LARGE);
  broker.gate.SetDiskLevel(DiskLevel::kSoftFloor);
  EXPECT_EQ(reason(Batch({EventNamed("1")})), pavane::v1::DISK_FULL);
  broker.gate.SetDiskLevel(DiskLevel::kEnough);
  broker.gate.StartDraining();
  EXPECT_EQ(reason(Batch({EventNamed("1")})), pavane::v1::SHUTTING_DOWN);
  broker.gate.SetStoreFailed();
  EXPECT_EQ(reason(Batch({EventNamed("1")})), pavane::v1::STORE_FAILED);
}

TEST(Publisher, AFullQueueIsOverload) {
  Stations broker;
  broker.writer->Stop();
  const absl::Status status = broker.Publish(Batch({EventNamed("1")})).status();
  EXPECT_EQ(event::ReasonOf(status), pavane::v1::OVERLOADED);
  EXPECT_GT(event::RetryAfterOf(status), absl::ZeroDuration());
}

// A transaction that is prepared after the rules changed is matched again: whatever was matched on
// the caller's thread, the rules at its place in the commit order decide.
TEST(Publisher, MatchesAgainWhereARuleChangedMeanwhile) {
  Stations broker;
  ASSERT_OK(broker.PutRule("r", R"({"source":["shop"]})").status());
  const RuleSnapshotPtr before = broker.rules.snapshot();
  const BusRulesPtr old_rules = before->FindBus("default");
  PublishTransaction::Call call;
  call.response.add_results();
  PublishItem item;
  item.rules = old_rules;
  item.event.ref.bus = old_rules->bus->id;
  item.event.bytes = EventNamed("1").SerializeAsString();
  item.matched.rules = 1;
  item.matched.targets = before->catalog().FindRule(RuleId(1))->target_ids;
  call.items.push_back(std::move(item));
  ASSERT_OK(broker.PutRule("r", R"({"source":["elsewhere"]})").status());
  const auto response =
      pavane::testing::Await<absl::StatusOr<pavane::v1::PublishResponse>>([&](auto done) {
        call.callback = done;
        std::unique_ptr<store::Transaction> transaction =
            std::make_unique<PublishTransaction>(broker.rules, nullptr, std::move(call));
        ASSERT_TRUE(broker.writer->Submit(transaction));
      });
  ASSERT_OK(response);
  EXPECT_EQ(response->results(0).sequence(), 1u);
  EXPECT_EQ(response->results(0).matched_rules(), 0u);
}

// Arrays at one path, each with fields that are wanted from elements of different arrays: the
// search multiplies.
std::string ManyArrays() {
  std::string arrays;
  for (int array = 0; array < 12; ++array) {
    absl::StrAppend(&arrays, array == 0 ? "[" : ",[");
    for (int element = 0; element < 12; ++element) {
      absl::StrAppend(&arrays, element == 0 ? "" : ",", "{\"f", element,
                      "\":1,\"z\":", element == array ? 1 : 2, "}");
    }
    absl::StrAppend(&arrays, "]");
  }
  return absl::StrCat("{\"a\":[", arrays, "]}");
}

TEST(Publisher, AnEventBeyondTheWorkBudgetIsRefusedNotTakenForNoMatch) {
  config::Config config;
  config.limits.match_steps_max = 50;
  Stations broker(config);
  std::string fields;
  for (int i = 0; i < 12; ++i) absl::StrAppend(&fields, "\"f", i, "\":[1],");
  ASSERT_OK(
      broker.PutRule("r", absl::StrCat("{\"detail\":{\"a\":{", fields, "\"z\":[3,1]}}}")).status());
  event::CloudEvent hostile = MakeEvent(ManyArrays());
  hostile.set_id("hostile");
  ASSERT_OK_AND_ASSIGN(const auto response, broker.Publish(Batch({hostile, EventNamed("1")})));
  EXPECT_EQ(response.results(0).error().reason(), pavane::v1::EVENT_TOO_COMPLEX);
  EXPECT_FALSE(response.results(1).has_error());
}

}  // namespace
}  // namespace pavane::ingress
