#include "admin/rule_admin.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "event/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"
#include "tests/unit/ingress/stations.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::PutRuleResponse;
using pavane::admin::v1::PutRulesResponse;
using ::pavane::testing::Await;
using ::pavane::testing::MakeEvent;
using ::pavane::testing::Stations;
using ::testing::HasSubstr;

constexpr char kShop[] = R"({"source":["shop"]})";

std::vector<TargetId> TargetIds(const Stations& broker, const std::string& rule) {
  const auto rules = broker.rules.snapshot();
  return rules->catalog().FindRule(rules->FindBus("default")->bus->id, rule)->target_ids;
}

TEST(RuleAdmin, PutInPlaceKeepsIdsQueuesAndWhatWasNotChanged) {
  Stations broker;
  ASSERT_OK_AND_ASSIGN(PutRuleResponse put, broker.PutRule("r", kShop, {"service:a", "service:b"}));
  EXPECT_TRUE(put.created());
  EXPECT_EQ(put.rule().version(), 1u);
  EXPECT_EQ(put.rule().bus(), "default");
  const std::vector<TargetId> ids = TargetIds(broker, "r");
  broker.PublishOne(MakeEvent());
  ASSERT_OK_AND_ASSIGN(
      put, broker.PutRule("r", R"({"source":["other"]})", {"service:a", "service:c", "service:d"}));
  EXPECT_FALSE(put.created());
  EXPECT_EQ(put.rule().version(), 2u);
  const std::vector<TargetId> now = TargetIds(broker, "r");
  ASSERT_EQ(now.size(), 3u);
  EXPECT_EQ(now[0], ids[0]);
  EXPECT_EQ(now[1], ids[1]);
  EXPECT_GT(now[2], ids[1]);
  EXPECT_EQ(broker.Pull("c", 1).size(), 1u);  // queued before its address changed
}

TEST(RuleAdmin, APutThatChangesNothingIsNoChange) {
  Stations broker;
  ASSERT_OK(broker.PutRule("r", kShop).status());
  const CatalogVersion version = broker.rules.snapshot()->catalog().version();
  ASSERT_OK_AND_ASSIGN(const PutRuleResponse put, broker.PutRule("r", kShop));
  EXPECT_FALSE(put.created());
  EXPECT_EQ(put.rule().version(), 1u);
  EXPECT_EQ(broker.rules.snapshot()->catalog().version(), version);
}

TEST(RuleAdmin, ATargetLeftOutWithUnsettledDeliveriesIsRefused) {
  Stations broker;
  ASSERT_OK(broker.PutRule("r", kShop, {"service:a", "service:b"}).status());
  broker.PublishOne(MakeEvent());
  const absl::Status refused = broker.PutRule("r", kShop, {"service:a"}).status();
  EXPECT_EQ(event::ReasonOf(refused), pavane::v1::HAS_UNSETTLED);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("'t1'"));
  EXPECT_EQ(TargetIds(broker, "r").size(), 2u);
}

TEST(RuleAdmin, RefusesBadRulesBeforeTheWriter) {
  Stations broker;
  EXPECT_EQ(event::ReasonOf(broker.PutRule("r", "{").status()), pavane::v1::INVALID_PATTERN);
  EXPECT_EQ(event::ReasonOf(broker.PutRule("a b", kShop).status()), pavane::v1::INVALID_NAME);
  EXPECT_EQ(event::ReasonOf(broker.PutRule("r", kShop, {"nowhere"}).status()),
            pavane::v1::INVALID_TARGET);
  EXPECT_EQ(event::ReasonOf(broker.PutRule("r", kShop, {}, "nowhere").status()),
            pavane::v1::UNKNOWN_BUS);
  EXPECT_EQ(broker.rules.snapshot()->catalog().rule_count(), 0u);
}

TEST(RuleAdmin, ManyArePutInOneCommitOrNone) {
  Stations broker;
  pavane::admin::v1::PutRulesRequest request;
  for (int i = 0; i < 3; ++i) {
    pavane::admin::v1::Rule& rule = *request.add_rules();
    rule.set_name(absl::StrCat("r", i));
    rule.set_pattern(kShop);
  }
  request.mutable_rules(2)->set_bus("nowhere");
  auto put = [&] {
    return Await<absl::StatusOr<PutRulesResponse>>(
        [&](auto done) { broker.rule_admin->PutMany(request, done); });
  };
  EXPECT_EQ(event::ReasonOf(put().status()), pavane::v1::UNKNOWN_BUS);
  EXPECT_EQ(broker.rules.snapshot()->catalog().rule_count(), 0u);
  request.mutable_rules(2)->clear_bus();
  const Position before = broker.log->last_position();
  ASSERT_OK_AND_ASSIGN(const PutRulesResponse response, put());
  EXPECT_EQ(response.created(), 3u);
  EXPECT_EQ(broker.log->last_position(), before.Next());
  request.mutable_rules(2)->set_name("r0");
  EXPECT_EQ(event::ReasonOf(put().status()), pavane::v1::INVALID_NAME);
}

TEST(RuleAdmin, TheLimitCountsTheRulesOfTheCallToo) {
  config::Config config;
  config.limits.rules_max = 2;
  Stations broker(config);
  pavane::admin::v1::PutRulesRequest request;
  for (int i = 0; i < 3; ++i) {
    request.add_rules()->set_name(absl::StrCat("r", i));
    request.mutable_rules(i)->set_pattern(kShop);
  }
  const absl::Status status = Await<absl::StatusOr<PutRulesResponse>>([&](auto done) {
                                broker.rule_admin->PutMany(request, done);
                              }).status();
  EXPECT_EQ(event::ReasonOf(status), pavane::v1::TOO_MANY);
  EXPECT_EQ(status.message(), "at most 2 rules are allowed (limits.rules_max)");
  EXPECT_EQ(broker.metrics.limit_hits.With({metrics::kLimitRules}).value(), 1u);
}

TEST(RuleAdmin, APatternThatIsTooLongIsCountedAsALimitHit) {
  config::Config config;
  config.limits.pattern_length_max = 10;
  Stations broker(config);
  EXPECT_EQ(event::ReasonOf(broker.PutRule("r", kShop).status()), pavane::v1::INVALID_PATTERN);
  EXPECT_EQ(broker.metrics.limit_hits.With({metrics::kLimitPatternLength}).value(), 1u);
}

TEST(RuleAdmin, QueuedDeliveriesOfADisabledRuleGoOn) {
  Stations broker;
  ASSERT_OK(broker.PutRule("r", kShop).status());
  broker.PublishOne(MakeEvent());
  ASSERT_OK(Await<absl::Status>([&](auto done) {
    broker.rule_admin->SetState("", "r", pavane::admin::v1::Rule::DISABLED, done);
  }));
  const std::string id = broker.Pull("s", 1).at(0).delivery_id;
  pavane::v1::Settlement nack;
  nack.set_delivery_id(id);
  nack.mutable_nack()->mutable_delay()->set_seconds(1);
  ASSERT_FALSE(broker.Settle("s", nack).has_error());
  broker.clock.Advance(absl::Seconds(2));
  const auto again = broker.Pull("s", 1);
  EXPECT_NE(again.at(0).delivery_id, id);
  EXPECT_EQ(again.at(0).attempt, 2u);
}

TEST(RuleAdmin, APausedTargetIsStillPausedAfterAPut) {
  Stations broker;
  ASSERT_OK(broker.PutRule("r", kShop).status());
  ASSERT_OK(Await<absl::Status>(
      [&](auto done) { broker.rule_admin->SetPaused("", "r", "t0", true, done); }));
  ASSERT_OK_AND_ASSIGN(const PutRuleResponse put, broker.PutRule("r", R"({"id":["1"]})"));
  EXPECT_TRUE(put.rule().targets(0).paused());
  EXPECT_EQ(Await<absl::Status>([&](auto done) {
              broker.rule_admin->SetPaused("", "r", "t9", true, done);
            }).code(),
            absl::StatusCode::kNotFound);
}

TEST(RuleAdmin, ListsByBusNameAndTarget) {
  Stations broker;
  ASSERT_OK(broker.PutBus("audit"));
  ASSERT_OK(broker.PutRule("b", kShop, {"service:x"}).status());
  ASSERT_OK(broker.PutRule("a1", kShop, {"service:y"}).status());
  ASSERT_OK(broker.PutRule("a2", kShop, {"service:x"}, "audit").status());
  auto names = [&](pavane::admin::v1::ListRulesRequest request) {
    std::string all;
    request.set_page_size(1);
    do {
      const auto page = broker.rule_admin->List(request);
      EXPECT_OK(page);
      if (!page.ok()) break;
      for (const auto& rule : page->rules()) all += rule.name() + " ";
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return all;
  };
  pavane::admin::v1::ListRulesRequest request;
  EXPECT_EQ(names(request), "a2 a1 b ");
  request.set_name_prefix("a");
  EXPECT_EQ(names(request), "a2 a1 ");
  request.set_bus("default");
  EXPECT_EQ(names(request), "a1 ");
  request.Clear();
  request.set_target_address("service:x");
  EXPECT_EQ(names(request), "a2 b ");
}

}  // namespace
}  // namespace pavane::admin
