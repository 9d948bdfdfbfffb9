#include "admin/rule_sets.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "event/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/ingress/stations.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::Rule;
using ::pavane::testing::Await;
using ::pavane::testing::Stations;

pavane::v1::RuleSet RuleSetOf(uint64_t version, const std::vector<std::string>& sources) {
  pavane::v1::RuleSet rule_set;
  rule_set.set_version(version);
  for (const std::string& source : sources) {
    pavane::v1::ServiceRule& rule = *rule_set.add_rules();
    rule.set_name(source);
    rule.set_pattern(R"({"source":[")" + source + R"("]})");
  }
  return rule_set;
}

absl::StatusOr<RuleSets::Outcome> Apply(Stations& broker, const pavane::v1::RuleSet& rule_set) {
  return Await<absl::StatusOr<RuleSets::Outcome>>(
      [&](auto done) { broker.rule_sets->Apply("payment", rule_set, done); });
}

Rule Get(Stations& broker, const std::string& name) {
  pavane::admin::v1::GetRuleRequest request;
  request.set_name(name);
  const auto response = broker.rule_admin->Get(request);
  EXPECT_OK(response);
  return response.ok() ? response->rule() : Rule();
}

TEST(RuleSets, RulesAreNamedAfterTheirServiceAndOwnedByIt) {
  Stations broker;
  ASSERT_OK_AND_ASSIGN(const auto outcome, Apply(broker, RuleSetOf(3, {"a"})));
  EXPECT_EQ(outcome.version, 3u);
  const Rule rule = Get(broker, "payment/a");
  EXPECT_EQ(rule.owner_service(), "payment");
  EXPECT_FALSE(rule.pinned());
  EXPECT_EQ(rule.targets(0).address(), "service:payment");
  EXPECT_EQ(broker.rule_sets->VersionOf("payment"), 3u);
}

TEST(RuleSets, AHigherVersionReplacesTheSetAndDisablesWhatIsGone) {
  Stations broker;
  ASSERT_OK(Apply(broker, RuleSetOf(1, {"a", "b"})).status());
  ASSERT_OK(Apply(broker, RuleSetOf(2, {"b", "c"})).status());
  EXPECT_EQ(Get(broker, "payment/a").state(), Rule::DISABLED);
  EXPECT_EQ(Get(broker, "payment/b").state(), Rule::ENABLED);
  ASSERT_OK(Apply(broker, RuleSetOf(3, {"a"})).status());
  EXPECT_EQ(Get(broker, "payment/a").state(), Rule::ENABLED);
}

TEST(RuleSets, TheSameVersionMustHaveTheSameContentInAnyOrder) {
  Stations broker;
  ASSERT_OK(Apply(broker, RuleSetOf(1, {"a", "b"})).status());
  ASSERT_OK(Apply(broker, RuleSetOf(1, {"b", "a"})).status());
  EXPECT_EQ(event::ReasonOf(Apply(broker, RuleSetOf(1, {"a"})).status()),
            pavane::v1::RULE_SET_CONFLICT);
}

TEST(RuleSets, ALowerVersionIsIgnoredWithANotice) {
  Stations broker;
  ASSERT_OK(Apply(broker, RuleSetOf(2, {"a"})).status());
  ASSERT_OK_AND_ASSIGN(const auto outcome, Apply(broker, RuleSetOf(1, {"b"})));
  EXPECT_EQ(outcome.version, 2u);
  ASSERT_EQ(outcome.notices.size(), 1u);
  EXPECT_EQ(broker.rules.snapshot()->catalog().rule_count(), 1u);
}

TEST(RuleSets, AnOperatorsEditPinsARuleUntilItIsReleased) {
  Stations broker;
  ASSERT_OK(Apply(broker, RuleSetOf(1, {"a"})).status());
  pavane::admin::v1::PutRuleRequest request;
  *request.mutable_rule() = Get(broker, "payment/a");
  request.mutable_rule()->set_pattern(R"({"source":["operator"]})");
  auto put = [&] {
    return Await<absl::StatusOr<pavane::admin::v1::PutRuleResponse>>(
        [&](auto done) { broker.rule_admin->Put(request, done); });
  };
  ASSERT_OK(put().status());
  EXPECT_TRUE(Get(broker, "payment/a").pinned());
  ASSERT_OK_AND_ASSIGN(const auto outcome, Apply(broker, RuleSetOf(2, {"a"})));
  ASSERT_EQ(outcome.notices.size(), 1u);
  EXPECT_EQ(outcome.notices[0].reason(), pavane::v1::RULE_PINNED);
  EXPECT_EQ(Get(broker, "payment/a").pattern(), R"({"source":["operator"]})");
  request.set_release_pin(true);
  ASSERT_OK(put().status());
  EXPECT_FALSE(Get(broker, "payment/a").pinned());
  // The version in force is brought again and now applies.
  ASSERT_OK(Apply(broker, RuleSetOf(2, {"a"})).status());
  EXPECT_EQ(Get(broker, "payment/a").pattern(), R"({"source":["a"]})");
}

TEST(RuleSets, AnOperatorsRuleOfThatNameIsLeftAlone) {
  Stations broker;
  ASSERT_OK(broker.PutRule("payment/a", R"({"source":["operator"]})", {}).status());
  ASSERT_OK_AND_ASSIGN(const auto outcome, Apply(broker, RuleSetOf(1, {"a", "b"})));
  ASSERT_EQ(outcome.notices.size(), 1u);
  EXPECT_EQ(Get(broker, "payment/a").owner_service(), "");
  EXPECT_EQ(Get(broker, "payment/b").owner_service(), "payment");
}

TEST(RuleSets, TheLimitOfRulesCountsThoseOfTheSetToo) {
  config::Config config;
  config.limits.rules_max = 2;
  Stations broker(config);
  EXPECT_EQ(event::ReasonOf(Apply(broker, RuleSetOf(1, {"a", "b", "c"})).status()),
            pavane::v1::TOO_MANY);
  EXPECT_OK(Apply(broker, RuleSetOf(1, {"a", "b"})).status());
}

TEST(RuleSets, ABadRuleRefusesTheWholeSet) {
  Stations broker;
  pavane::v1::RuleSet rule_set = RuleSetOf(1, {"a", "b"});
  rule_set.mutable_rules(1)->set_pattern("{");
  EXPECT_EQ(event::ReasonOf(Apply(broker, rule_set).status()), pavane::v1::INVALID_PATTERN);
  rule_set = RuleSetOf(1, {"a", "a"});
  EXPECT_EQ(event::ReasonOf(Apply(broker, rule_set).status()), pavane::v1::INVALID_NAME);
  rule_set = RuleSetOf(1, {"a"});
  rule_set.mutable_rules(0)->set_bus("nowhere");
  EXPECT_EQ(event::ReasonOf(Apply(broker, rule_set).status()), pavane::v1::UNKNOWN_BUS);
  EXPECT_FALSE(Apply(broker, RuleSetOf(0, {"a"})).ok());
  EXPECT_EQ(broker.rules.snapshot()->catalog().rule_count(), 0u);
}

}  // namespace
}  // namespace pavane::admin
