#include "admin/explain.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "event/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"
#include "tests/unit/ingress/stations.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::ExplainMatchRequest;
using pavane::admin::v1::ExplainMatchResponse;
using pavane::admin::v1::ExplainNode;
using pavane::admin::v1::Rule;
using pavane::admin::v1::RuleAsOf;
using ::pavane::testing::Await;
using ::pavane::testing::MakeEvent;
using ::pavane::testing::Stations;
using ::pavane::testing::StatusIs;
using ::testing::HasSubstr;

class ExplainTest : public ::testing::Test {
 protected:
  uint64_t Publish(const std::string& data, const std::string& source = "shop") {
    event::CloudEvent event = MakeEvent(data);
    event.set_id(absl::StrCat("e-", ++made_));
    event.set_source(source);
    return broker_.PublishOne(event).sequence();
  }
  void Put(int a) {
    broker_.clock.Advance(absl::Seconds(1));
    ASSERT_OK(broker_.PutRule("r", absl::StrCat("{\"detail\":{\"a\":[", a, "]}}")).status());
  }
  void SetState(Rule::State state) {
    ASSERT_OK(Await<absl::Status>(
        [&](auto done) { broker_.rule_admin->SetState("", "r", state, std::move(done)); }));
  }
  void Delete() {
    pavane::admin::v1::DeleteRuleRequest request;
    request.set_name("r");
    request.set_discard(true);
    ASSERT_OK(Await<absl::StatusOr<pavane::admin::v1::DeleteRuleResponse>>([&](auto done) {
                broker_.rule_admin->Delete(request, std::move(done));
              }).status());
  }
  absl::StatusOr<ExplainMatchResponse> Explain(const ExplainMatchRequest& request) {
    return Explainer(broker_.rules, *broker_.log).Explain(request);
  }
  absl::StatusOr<ExplainMatchResponse> Explain(uint64_t sequence, bool as_of_now = false) {
    ExplainMatchRequest request;
    request.set_rule("r");
    request.set_sequence(sequence);
    request.set_as_of_now(as_of_now);
    return Explain(request);
  }
  // "IN_FORCE 1 matched, ABSENT": then and now.
  std::string History(uint64_t sequence) {
    const auto response = Explain(sequence);
    if (!response.ok()) return std::string(response.status().message());
    const auto text = [](const RuleAsOf& rule) {
      return absl::StrCat(RuleAsOf::State_Name(rule.state()),
                          rule.version() == 0 ? "" : absl::StrCat(" ", rule.version()),
                          rule.matched() ? " matched" : "");
    };
    return absl::StrCat(text(response->then()), ", ", text(response->now()));
  }

  Stations broker_;
  int made_ = 0;
};

TEST_F(ExplainTest, AStoredEventIsExplainedByTheVersionThatJudgedIt) {
  const uint64_t before = Publish(R"({"a":1})");
  Put(1);
  const uint64_t first = Publish(R"({"a":1})");
  Put(2);
  const uint64_t second = Publish(R"({"a":1})");
  SetState(Rule::DISABLED);
  const uint64_t disabled = Publish(R"({"a":2})");
  SetState(Rule::ENABLED);
  EXPECT_EQ(History(before), "ABSENT, IN_FORCE 4");
  EXPECT_EQ(History(first), "IN_FORCE 1 matched, IN_FORCE 4");
  EXPECT_EQ(History(second), "IN_FORCE 2, IN_FORCE 4");
  EXPECT_EQ(History(disabled), "DISABLED 3, IN_FORCE 4 matched");

  ASSERT_OK_AND_ASSIGN(ExplainMatchResponse response, Explain(first));
  EXPECT_TRUE(response.explains_then());
  EXPECT_TRUE(response.matched());
  EXPECT_EQ(response.then().pattern(), R"({"detail":{"a":[1]}})");
  EXPECT_EQ(response.sequence(), first);
  ASSERT_OK_AND_ASSIGN(response, Explain(first, true));
  EXPECT_FALSE(response.explains_then());
  EXPECT_FALSE(response.matched());
  const ExplainNode& field = response.root().children(0);
  EXPECT_EQ(field.path(), "detail.a");
  EXPECT_EQ(field.nearest_miss(), "1 is another number");
  EXPECT_EQ(field.miss(), ExplainNode::OTHER_VALUE);
  EXPECT_EQ(field.line(), 1u);
  EXPECT_EQ(field.column(), 16u);

  Delete();
  EXPECT_EQ(History(first), "IN_FORCE 1 matched, ABSENT");
  EXPECT_THAT(History(before), HasSubstr("neither now nor when the event was accepted"));
  EXPECT_THAT(Explain(first, true).status(), StatusIs(absl::StatusCode::kNotFound));
  // Another rule of the name is another rule.
  Put(3);
  EXPECT_EQ(History(first), "IN_FORCE 1 matched, IN_FORCE 1");
  EXPECT_EQ(History(Publish("{\"a\":3}")), "IN_FORCE 1 matched, IN_FORCE 1 matched");
}

TEST(Explain, TheOtherVersionMayBeTooComplexToTell) {
  config::Config config;
  config.limits.match_steps_max = 4;
  Stations broker(config);
  ASSERT_OK(broker.PutRule("r", R"({"detail-type":["T"]})").status());
  event::CloudEvent event = MakeEvent(R"({"l":[{"a":1},{"b":1},{"a":1,"b":1}]})");
  event.set_type("T");
  const uint64_t sequence = broker.PublishOne(event).sequence();
  broker.clock.Advance(absl::Seconds(1));
  ASSERT_OK(broker.PutRule("r", R"({"detail":{"l":{"a":[1],"b":[1]}}})").status());
  ExplainMatchRequest request;
  request.set_rule("r");
  request.set_sequence(sequence);
  const Explainer explainer(broker.rules, *broker.log);
  ASSERT_OK_AND_ASSIGN(ExplainMatchResponse response, explainer.Explain(request));
  EXPECT_TRUE(response.matched());
  EXPECT_FALSE(response.has_error());
  EXPECT_TRUE(response.then().matched());
  EXPECT_FALSE(response.then().has_error());
  EXPECT_EQ(response.now().error().reason(), pavane::v1::EVENT_TOO_COMPLEX);
  request.set_as_of_now(true);
  ASSERT_OK_AND_ASSIGN(response, explainer.Explain(request));
  EXPECT_EQ(response.error().reason(), pavane::v1::EVENT_TOO_COMPLEX);
  EXPECT_EQ(response.now().error().reason(), pavane::v1::EVENT_TOO_COMPLEX);
  EXPECT_FALSE(response.now().matched());
  EXPECT_TRUE(response.then().matched());
}

TEST_F(ExplainTest, AnEventInHandIsExplainedByTheRuleOfNow) {
  Put(1);
  ExplainMatchRequest request;
  request.set_rule("r");
  request.set_event_json(R"({"detail":{"a":"1"}})");
  ASSERT_OK_AND_ASSIGN(ExplainMatchResponse response, Explain(request));
  EXPECT_FALSE(response.has_then());
  EXPECT_FALSE(response.now().matched());
  EXPECT_EQ(response.root().children(0).nearest_miss(), "\"1\" is a string, not a number");
  *request.mutable_cloud_event() = MakeEvent();
  ASSERT_OK_AND_ASSIGN(response, Explain(request));
  EXPECT_TRUE(response.matched());
  EXPECT_TRUE(response.now().matched());
  SetState(Rule::DISABLED);
  ASSERT_OK_AND_ASSIGN(response, Explain(request));
  EXPECT_TRUE(response.matched()) << "its pattern does";
  EXPECT_FALSE(response.now().matched()) << "the rule does not";
}

TEST_F(ExplainTest, FindsAStoredEventByItsId) {
  const uint64_t sequence = Publish(R"({"a":1})");
  ExplainMatchRequest request;
  request.set_pattern(R"({"detail":{"a":[1]}})");
  request.set_event_id("e-1");
  ASSERT_OK_AND_ASSIGN(ExplainMatchResponse response, Explain(request));
  EXPECT_EQ(response.sequence(), sequence);
  EXPECT_TRUE(response.matched());
  made_ = 0;
  Publish(R"({"a":2})", "other");
  EXPECT_THAT(Explain(request).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("2 from other")));
  request.set_event_source("other");
  ASSERT_OK_AND_ASSIGN(response, Explain(request));
  EXPECT_FALSE(response.matched());
  request.set_event_id("e-9");
  EXPECT_THAT(Explain(request).status(), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(ExplainTest, RefusesWhatCannotBeExplained) {
  ExplainMatchRequest request;
  EXPECT_THAT(Explain(request).status(), StatusIs(absl::StatusCode::kInvalidArgument));
  request.set_rule("r");
  EXPECT_THAT(Explain(request).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("say which event")));
  request.set_sequence(7);
  EXPECT_THAT(Explain(request).status(),
              StatusIs(absl::StatusCode::kNotFound, "event 7 of bus 'default' is not kept"));
  request.set_event_json("[]");
  EXPECT_EQ(event::ReasonOf(Explain(request).status()), pavane::v1::INVALID_JSON);
  request.set_event_json("{}");
  EXPECT_THAT(Explain(request).status(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no rule 'r'")));
  request.set_bus("nowhere");
  EXPECT_EQ(event::ReasonOf(Explain(request).status()), pavane::v1::UNKNOWN_BUS);
  request.set_bus("");
  request.set_rule("");
  request.set_pattern("{\"a\":\n5}");
  const absl::Status status = Explain(request).status();
  EXPECT_EQ(event::ReasonOf(status), pavane::v1::INVALID_PATTERN);
  ASSERT_TRUE(event::PlaceOf(status).has_value());
  EXPECT_EQ(event::PlaceOf(status)->line(), 2u);
}

TEST_F(ExplainTest, ADeepPatternIsCutWhereAClientCouldNotReadIt) {
  std::string chain = "[1]";
  std::string branches = R"({"a":[1]})";
  for (int i = 0; i < 70; ++i) {
    chain = absl::StrCat("{\"a\":", chain, "}");
    branches = absl::Substitute(R"({"b$0":[1],"$$or":[{"c$0":[1]},$1]})", i, branches);
  }
  ExplainMatchRequest request;
  request.set_event_json("{}");
  request.set_pattern(chain);
  ASSERT_OK_AND_ASSIGN(ExplainMatchResponse response, Explain(request));
  EXPECT_EQ(response.root().children(0).kind(), ExplainNode::FIELD) << "no level adds a node";
  request.set_pattern(branches);
  ASSERT_OK_AND_ASSIGN(response, Explain(request));
  const std::string bytes = response.SerializeAsString();
  EXPECT_TRUE(ExplainMatchResponse().ParseFromString(bytes));
  const ExplainNode* node = &response.root();
  int depth = 0;
  for (; node->children_size() > 0; node = &node->children(node->children_size() - 1)) ++depth;
  EXPECT_EQ(depth, 60);
  EXPECT_TRUE(node->parts_omitted());
}

}  // namespace
}  // namespace pavane::admin
