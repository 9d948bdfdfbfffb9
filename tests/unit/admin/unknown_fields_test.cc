#include "admin/unknown_fields.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "event/reason.h"
#include "pavane/admin/v1/bus.pb.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"
#include "tests/unit/ingress/stations.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::PutBusRequest;
using pavane::admin::v1::PutBusResponse;
using pavane::admin::v1::PutRuleRequest;
using pavane::admin::v1::PutRuleResponse;
using pavane::admin::v1::PutRulesRequest;
using pavane::admin::v1::PutRulesResponse;
using ::pavane::testing::Await;
using ::pavane::testing::Stations;
using ::testing::EndsWith;

// What a newer client's field looks like to this broker.
void AddField(google::protobuf::Message* message, int number) {
  message->GetReflection()->MutableUnknownFields(message)->AddVarint(number, 1);
}

template <typename R>
void FillRule(R* rule, const std::string& name) {
  rule->set_name(name);
  rule->set_pattern(R"({"source":["shop"]})");
}

void ExpectUnknown(const absl::Status& status, const std::string& says) {
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented) << status;
  EXPECT_EQ(event::ReasonOf(status), pavane::v1::NOT_SUPPORTED);
  EXPECT_THAT(std::string(status.message()), EndsWith(says));
}

TEST(UnknownFields, AreFoundAtEveryDepth) {
  PutRulesRequest request;
  FillRule(request.add_rules(), "a");
  FillRule(request.add_rules(), "b");
  request.mutable_rules(1)->add_targets()->mutable_retry_policy()->mutable_age_max()->set_seconds(
      1);
  EXPECT_OK(RefuseUnknownFields(request));
  PutRulesRequest outermost = request;
  AddField(&outermost, 3);
  ExpectUnknown(RefuseUnknownFields(outermost),
                "this broker knows no field 3 of pavane.admin.v1.PutRulesRequest");
  AddField(request.mutable_rules(1)->mutable_targets(0)->mutable_retry_policy(), 7);
  ExpectUnknown(RefuseUnknownFields(request),
                "rules[1].targets[0].retry_policy: this broker knows no field 7 of "
                "pavane.v1.RetryPolicy");
}

TEST(UnknownFields, OfARuleRefuseItBeforeItIsKept) {
  Stations broker;
  PutRuleRequest request;
  FillRule(request.mutable_rule(), "r");
  AddField(request.mutable_rule(), 13);
  PutRulesRequest many;
  *many.add_rules() = request.rule();
  ExpectUnknown(Await<absl::StatusOr<PutRuleResponse>>([&](auto done) {
                  broker.rule_admin->Put(request, done);
                }).status(),
                "field 13 of pavane.admin.v1.Rule");
  ExpectUnknown(Await<absl::StatusOr<PutRulesResponse>>([&](auto done) {
                  broker.rule_admin->PutMany(many, done);
                }).status(),
                "field 13 of pavane.admin.v1.Rule");
  EXPECT_EQ(broker.rules.snapshot()->catalog().rule_count(), 0u);
}

TEST(UnknownFields, OfABusRefuseIt) {
  Stations broker;
  PutBusRequest request;
  request.mutable_bus()->set_name("audit");
  AddField(request.mutable_bus(), 11);
  ExpectUnknown(Await<absl::StatusOr<PutBusResponse>>([&](auto done) {
                  broker.buses->Put(request, done);
                }).status(),
                "field 11 of pavane.admin.v1.Bus");
  EXPECT_EQ(broker.rules.snapshot()->catalog().FindBus("audit"), nullptr);
}

TEST(UnknownFields, OfWhatAServiceBringsRefuseIt) {
  Stations broker;
  pavane::v1::RuleSet rule_set;
  rule_set.set_version(1);
  FillRule(rule_set.add_rules(), "r");
  auto apply = [&](const pavane::v1::RuleSet& set) {
    return Await<absl::StatusOr<RuleSets::Outcome>>(
               [&](auto done) { broker.rule_sets->Apply("payment", set, done); })
        .status();
  };
  pavane::v1::RuleSet outer = rule_set;
  AddField(&outer, 3);
  ExpectUnknown(apply(outer), "field 3 of pavane.v1.RuleSet");
  AddField(rule_set.mutable_rules(0), 11);
  ExpectUnknown(apply(rule_set), "field 11 of pavane.v1.ServiceRule");
  rule_set.mutable_rules(0)->set_lifetime(pavane::v1::ServiceRule::EPHEMERAL);
  ExpectUnknown(Await<absl::Status>([&](auto done) {
                  broker.session_rules->Open("payment", "token", "", "session", {rule_set.rules(0)},
                                             done);
                }),
                "rule 'r': this broker knows no field 11 of pavane.v1.ServiceRule");
  EXPECT_EQ(broker.rules.snapshot()->catalog().rule_count(), 0u);
}

}  // namespace
}  // namespace pavane::admin
