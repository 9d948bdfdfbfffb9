#include "admin/preview.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "event/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"
#include "tests/unit/ingress/stations.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::PreviewRuleRequest;
using pavane::admin::v1::PreviewRuleResponse;
using ::pavane::testing::Await;
using ::pavane::testing::MakeEvent;
using ::pavane::testing::Stations;
using ::pavane::testing::StatusIs;
using ::testing::ElementsAre;

class PreviewTest : public ::testing::Test {
 protected:
  // Events with a = 1, 2, ... up to `count`, ids alike.
  void Publish(int count) {
    pavane::v1::PublishRequest request;
    for (int i = 0; i < count; ++i) {
      event::CloudEvent& event = *request.add_entries()->mutable_event();
      event = MakeEvent(absl::StrCat("{\"a\":", ++made_, "}"));
      event.set_id(absl::StrCat(made_));
      if (request.entries_size() < 500 && i + 1 < count) continue;
      const auto response = broker_.Publish(request);
      ASSERT_OK(response.status());
      for (const auto& result : response->results()) ASSERT_FALSE(result.has_error());
      request.Clear();
    }
  }

  struct Ran {
    PreviewRuleResponse last;
    std::vector<uint64_t> matched, newly, no_longer, samples;
    int steps = 0;
  };
  absl::StatusOr<Ran> Run(const PreviewRuleRequest& request) {
    const Previewer previewer(broker_.rules, *broker_.log);
    auto run = previewer.Start(request);
    if (!run.ok()) return run.status();
    Ran ran;
    while (!ran.last.done()) {
      auto found = previewer.Step(**run);
      if (!found.ok()) return found.status();
      ++ran.steps;
      for (const auto& sample : found->samples()) ran.samples.push_back(sample.event().sequence());
      const auto append = [](const auto& from, std::vector<uint64_t>* to) {
        to->insert(to->end(), from.begin(), from.end());
      };
      append(found->matched_sequences(), &ran.matched);
      append(found->newly_matched_sequences(), &ran.newly);
      append(found->no_longer_matched_sequences(), &ran.no_longer);
      ran.last = *std::move(found);
    }
    return ran;
  }

  static PreviewRuleRequest Draft(const std::string& numeric) {
    PreviewRuleRequest request;
    request.set_pattern(absl::StrCat("{\"detail\":{\"a\":[{\"numeric\":[", numeric, "]}]}}"));
    request.set_list_sequences(true);
    return request;
  }

  Stations broker_;
  int made_ = 0;
};

TEST_F(PreviewTest, CountsListsAndShowsWhatWouldHaveMatched) {
  Publish(20);
  PreviewRuleRequest request = Draft("\">\",15");
  request.set_sample(2);
  ASSERT_OK_AND_ASSIGN(const Ran ran, Run(request));
  EXPECT_EQ(ran.last.events(), 20u);
  EXPECT_EQ(ran.last.matched(), 5u);
  EXPECT_EQ(ran.last.at_sequence(), 20u);
  EXPECT_EQ(ran.last.last_sequence(), 20u);
  EXPECT_THAT(ran.matched, ElementsAre(16, 17, 18, 19, 20));
  EXPECT_THAT(ran.samples, ElementsAre(16, 17));
  request.set_sample(0);
  ASSERT_OK_AND_ASSIGN(const Ran none, Run(request));
  EXPECT_THAT(none.samples, ElementsAre());
  request.clear_sample();
  ASSERT_OK_AND_ASSIGN(const Ran all, Run(request));
  EXPECT_THAT(all.samples, ElementsAre(16, 17, 18, 19, 20));
}

TEST_F(PreviewTest, ComparesWithTheRuleThatItWouldReplace) {
  Publish(10);
  ASSERT_OK(broker_.PutRule("r", R"({"detail":{"a":[2,3,4]}})").status());
  PreviewRuleRequest request = Draft("\">\",3,\"<\",7");
  request.set_replaces("r");
  request.set_sample(1);
  ASSERT_OK_AND_ASSIGN(Ran ran, Run(request));
  EXPECT_THAT(ran.matched, ElementsAre(4, 5, 6));
  EXPECT_THAT(ran.newly, ElementsAre(5, 6));
  EXPECT_THAT(ran.no_longer, ElementsAre(2, 3));
  EXPECT_EQ(ran.last.newly_matched(), 2u);
  EXPECT_EQ(ran.last.no_longer_matched(), 2u);
  EXPECT_THAT(ran.samples, ElementsAre(2, 4, 5));
  // A rule that is disabled matches nothing.
  ASSERT_OK(Await<absl::Status>([&](auto done) {
    broker_.rule_admin->SetState("", "r", pavane::admin::v1::Rule::DISABLED, std::move(done));
  }));
  EXPECT_FALSE(ran.last.replaces_disabled());
  ASSERT_OK_AND_ASSIGN(ran, Run(request));
  EXPECT_TRUE(ran.last.replaces_disabled());
  EXPECT_EQ(ran.last.newly_matched(), 3u);
  EXPECT_EQ(ran.last.no_longer_matched(), 0u);
}

TEST_F(PreviewTest, GoesOverLongHistoriesInPieces) {
  Publish(10'000);
  ASSERT_OK_AND_ASSIGN(const Ran ran, Run(Draft("\">\",9990")));
  EXPECT_EQ(ran.last.events(), 10'000u);
  EXPECT_EQ(ran.last.matched(), 10u);
  EXPECT_GE(ran.steps, 3);
}

TEST_F(PreviewTest, KeepsToTimesNumbersAndTheLimit) {
  Publish(3);
  broker_.clock.Advance(absl::Minutes(1));
  const int64_t middle = absl::ToUnixSeconds(broker_.clock.Now());
  Publish(3);
  PreviewRuleRequest request = Draft("\">\",0");
  request.mutable_since()->set_seconds(middle);
  ASSERT_OK_AND_ASSIGN(Ran ran, Run(request));
  EXPECT_THAT(ran.matched, ElementsAre(4, 5, 6));
  request.clear_since();
  request.mutable_until()->set_seconds(middle);
  ASSERT_OK_AND_ASSIGN(ran, Run(request));
  EXPECT_THAT(ran.matched, ElementsAre(1, 2, 3));
  request.set_from_sequence(2);
  request.set_events_max(1);
  ASSERT_OK_AND_ASSIGN(ran, Run(request));
  EXPECT_THAT(ran.matched, ElementsAre(2));
  request.set_from_sequence(99);
  ASSERT_OK_AND_ASSIGN(ran, Run(request));
  EXPECT_EQ(ran.last.events(), 0u);
  EXPECT_TRUE(ran.last.done());
}

TEST_F(PreviewTest, ABusWithoutEventsIsDoneAtOnce) {
  ASSERT_OK_AND_ASSIGN(const Ran ran, Run(Draft("\">\",0")));
  EXPECT_EQ(ran.last.events(), 0u);
  EXPECT_EQ(ran.steps, 1);
}

TEST_F(PreviewTest, RefusesWhatItCannotRun) {
  PreviewRuleRequest request;
  request.set_pattern("{");
  EXPECT_EQ(event::ReasonOf(Run(request).status()), pavane::v1::INVALID_PATTERN);
  request = Draft("\">\",0");
  request.set_replaces("r");
  EXPECT_THAT(Run(request).status(), StatusIs(absl::StatusCode::kNotFound));
  request.set_bus("nowhere");
  EXPECT_EQ(event::ReasonOf(Run(request).status()), pavane::v1::UNKNOWN_BUS);
  request = Draft("\">\",0");
  request.set_sample(101);
  EXPECT_THAT(Run(request).status(), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace pavane::admin
