#include "admin/session_rules.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "event/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"
#include "tests/unit/ingress/stations.h"
#include "tests/unit/supervision/log_capture.h"

namespace pavane::admin {
namespace {

using ::pavane::testing::Await;
using ::pavane::testing::MakeEvent;
using ::pavane::testing::Stations;
using ::testing::HasSubstr;

std::vector<pavane::v1::ServiceRule> Ephemeral(const std::string& name) {
  pavane::v1::ServiceRule rule;
  rule.set_name(name);
  rule.set_pattern(R"({"source":["shop"]})");
  rule.set_lifetime(pavane::v1::ServiceRule::EPHEMERAL);
  return {rule};
}

absl::Status Open(Stations& broker, const std::string& token, const std::string& resumed,
                  const std::vector<pavane::v1::ServiceRule>& rules) {
  return Await<absl::Status>([&](auto done) {
    broker.session_rules->Open("watcher", token, resumed, "session-of-" + token, rules, done);
  });
}

// Sweeps, then waits until the deletion, which the sweep only submits, has been committed.
size_t RulesAfterSweep(Stations& broker) {
  broker.session_rules->Sweep();
  EXPECT_OK(Await<absl::Status>([&](auto done) {
    broker.editor->Submit(
        {}, [](CatalogEdit&) { return absl::OkStatus(); },
        [done](const absl::Status& status, uint64_t) { done(status); });
  }));
  return broker.rules.snapshot()->catalog().rule_count();
}

TEST(SessionRules, VanishHalfAMinuteAfterTheirSessionWithTheirQueue) {
  Stations broker;
  ASSERT_OK(Open(broker, "token", "", Ephemeral("all")));
  EXPECT_EQ(broker.PublishOne(MakeEvent()).matched_rules(), 1u);
  EXPECT_EQ(RulesAfterSweep(broker), 1u);
  broker.session_rules->Close("token");
  broker.clock.Advance(absl::Seconds(29));
  EXPECT_EQ(RulesAfterSweep(broker), 1u);
  broker.clock.Advance(absl::Seconds(1));
  EXPECT_EQ(RulesAfterSweep(broker), 0u);
}

TEST(SessionRules, TheirQueueIsDiscardedWithoutAWarning) {
  Stations broker;
  ASSERT_OK(Open(broker, "token", "", Ephemeral("all")));
  ASSERT_OK(broker.PutRule("durable", R"({"source":["shop"]})").status());
  EXPECT_EQ(broker.PublishOne(MakeEvent()).matched_rules(), 2u);
  supervision::LogCapture log;
  broker.session_rules->Close("token");
  broker.clock.Advance(absl::Seconds(30));
  EXPECT_EQ(RulesAfterSweep(broker), 1u);
  EXPECT_THAT(log.Await("deliveries discarded"), HasSubstr(" INFO "));
  pavane::admin::v1::DeleteRuleRequest request;
  request.set_name("durable");
  request.set_discard(true);
  ASSERT_OK(Await<absl::StatusOr<pavane::admin::v1::DeleteRuleResponse>>([&](auto done) {
              broker.rule_admin->Delete(request, done);
            }).status());
  EXPECT_THAT(log.Await("deliveries discarded"), HasSubstr(" WARNING "));
}

TEST(SessionRules, HaveNoDeadLetters) {
  Stations broker;
  ASSERT_OK(Open(broker, "token", "", Ephemeral("all")));
  const auto rule = broker.rules.snapshot()->catalog().FindRule(RuleId(1));
  ASSERT_NE(rule, nullptr);
  EXPECT_EQ(rule->rule.name(), "watcher/session-of-token/all");
  EXPECT_TRUE(rule->rule.ephemeral());
  EXPECT_TRUE(rule->rule.targets(0).dead_letter_policy().disabled());
}

TEST(SessionRules, ASessionThatResumesKeepsThem) {
  Stations broker;
  ASSERT_OK(Open(broker, "first", "", Ephemeral("all")));
  broker.session_rules->Close("first");
  ASSERT_OK(Open(broker, "second", "first", Ephemeral("all")));
  broker.clock.Advance(absl::Seconds(60));
  EXPECT_EQ(RulesAfterSweep(broker), 1u);
  broker.session_rules->Close("second");
  broker.clock.Advance(absl::Seconds(30));
  EXPECT_EQ(RulesAfterSweep(broker), 0u);
}

TEST(SessionRules, ThoseOfSessionsBeforeTheStartGo) {
  Stations broker;
  ASSERT_OK(Open(broker, "token", "", Ephemeral("all")));
  SessionRules after_restart(*broker.editor, broker.clock);
  after_restart.Start();
  broker.clock.Advance(absl::Seconds(30));
  after_restart.Sweep();
  EXPECT_EQ(RulesAfterSweep(broker), 0u);
}

TEST(SessionRules, MustBeEphemeral) {
  Stations broker;
  auto rules = Ephemeral("all");
  rules[0].set_lifetime(pavane::v1::ServiceRule::DURABLE);
  EXPECT_EQ(event::ReasonOf(Open(broker, "token", "", rules)), pavane::v1::INVALID_POLICY);
}

}  // namespace
}  // namespace pavane::admin
