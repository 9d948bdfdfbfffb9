#include "clients/cli/rule_file.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "clients/cli/message_json.h"

namespace pavane::cli {
namespace {

using ::pavane::admin::v1::Rule;
using ::testing::HasSubstr;

constexpr char kYaml[] = R"(
rules:
  - name: seat-taken
    pattern:
      detail-type: [SeatAssigned]
      detail: {amount: [{numeric: [">", 100.50]}], code: ["007"]}
    state: disabled
    targets:
      - service:ticket
      - id: audit
        address: grpc://127.0.0.1:9000
        retry_policy: {retries_max: 3, age_max: 1h30m, backoff_initial: 250ms}
        lease_policy: {lease: 2m}
        dead_letter_policy: {disabled: true}
  - name: other
    bus: b2
    pattern: '{"source":["x"]}'
)";

TEST(RuleFile, MayHoldManyRulesInYaml) {
  const auto rules = ParseRules(kYaml);
  ASSERT_TRUE(rules.ok()) << rules.status();
  ASSERT_EQ(rules->size(), 2u);
  const Rule& rule = rules->front();
  EXPECT_EQ(rule.name(), "seat-taken");
  EXPECT_EQ(rule.pattern(),
            R"({"detail-type":["SeatAssigned"],"detail":{"amount":[{"numeric":[">",100.50]}],)"
            R"("code":["007"]}})");
  EXPECT_EQ(rule.state(), Rule::DISABLED);
  ASSERT_EQ(rule.targets_size(), 2);
  EXPECT_EQ(rule.targets(0).id(), "ticket");
  EXPECT_EQ(rule.targets(0).address(), "service:ticket");
  EXPECT_EQ(rule.targets(1).retry_policy().retries_max(), 3u);
  EXPECT_EQ(rule.targets(1).retry_policy().age_max().seconds(), 5400);
  EXPECT_EQ(rule.targets(1).retry_policy().backoff_initial().nanos(), 250'000'000);
  EXPECT_EQ(rule.targets(1).lease_policy().lease().seconds(), 120);
  EXPECT_TRUE(rule.targets(1).dead_letter_policy().disabled());
  EXPECT_EQ(rules->back().bus(), "b2");
  EXPECT_EQ(rules->back().pattern(), R"({"source":["x"]})") << "text stays as it is";
}

TEST(RuleFile, MayBeOneRuleAListOrSeveralDocuments) {
  EXPECT_EQ(ParseRules("name: a\npattern: '{}'\n")->size(), 1u);
  EXPECT_EQ(ParseRules("- name: a\n- name: b\n")->size(), 2u);
  EXPECT_EQ(ParseRules("name: a\n---\nname: b\n---\n- name: c\n")->size(), 3u);
  EXPECT_EQ(ParseRules(R"([{"name":"a"},{"name":"b"}])")->size(), 2u);
  EXPECT_EQ(ParseRules(R"({"rules":[{"name":"a"}]})")->size(), 1u);
}

TEST(RuleFile, TakesWhatTheBrokerPrinted) {
  Rule rule;
  rule.set_name("r");
  rule.set_bus("default");
  rule.set_pattern("{\"source\":[\"caf\xc3\xa9 \\ud83d\\udeeb\"]}");
  rule.set_version(7);
  rule.set_owner_service("ticket");
  rule.mutable_created_at()->set_seconds(1'700'000'000);
  auto* target = rule.add_targets();
  target->set_id("t");
  target->set_address("service:t");
  target->mutable_retry_policy()->mutable_age_max()->set_seconds(86400);
  const auto rules = ParseRules(MessageToJson(rule));
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_EQ(rules->front().SerializeAsString(), rule.SerializeAsString());
}

TEST(RuleFile, NamesTheRuleThatIsWrong) {
  const struct {
    const char* text;
    const char* message;
  } kCases[] = {{"", "no rule"},
                {"rules: []", "no rule"},
                {"- name: a\n- pattern: '{}'", "rule 2: the name is missing"},
                {"- name: a\n- name: b\n  paterns: x",
                 "rule 2 (b): there is no field 'paterns'; did you mean 'pattern'?"},
                {"name: a\nnosuch: 1", "rule 1 (a): there is no field 'nosuch'"},
                {"name: a\ntargets: [{id: t, adress: 'service:t'}]",
                 "there is no field 'adress' in targets; did you mean 'address'?"},
                {"name: a\ntargets: [{id: t, address: 'service:t', retryPolicy: {retries: 3}}]",
                 "there is no field 'retries' in targets.retryPolicy; did you mean 'retries_max'?"},
                {"- 7", "rule 1: expected the fields"},
                {"name: a\ntargets: [{id: t, address: 'service:t', retry_policy: {age_max: soon}}]",
                 "rule 1 (a): age_max: 'soon'"},
                {"name: a\ntargets: [nowhere]", "rule 1 (a): 'nowhere' is not a target"},
                {"name: a\nstate: maybe", "rule 1 (a)"},
                {"rules: [{name: a}]\nname: b", "beside 'rules'"},
                {"{\"name\": \"a\",}}", "not JSON"}};
  for (const auto& c : kCases) {
    const auto rules = ParseRules(c.text);
    ASSERT_FALSE(rules.ok()) << c.text;
    EXPECT_THAT(std::string(rules.status().message()), HasSubstr(c.message)) << c.text;
  }
}

TEST(RuleFile, TargetsGetAnIdFromTheirAddress) {
  const struct {
    const char* text;
    const char* id;
    const char* address;
  } kCases[] = {{"service:ticket", "ticket", "service:ticket"},
                {"bus:audit", "audit", "bus:audit"},
                {"grpc://127.0.0.1:9000", "127.0.0.1-9000", "grpc://127.0.0.1:9000"},
                {"grpc+unix:/run/x.sock", "x.sock", "grpc+unix:/run/x.sock"},
                {"mine=service:ticket", "mine", "service:ticket"}};
  for (const auto& c : kCases) {
    const auto target = ParseTarget(c.text);
    ASSERT_TRUE(target.ok()) << c.text << ": " << target.status();
    EXPECT_EQ(target->id(), c.id);
    EXPECT_EQ(target->address(), c.address);
  }
  for (const char* text : {"", "ticket", "=service:x", "a=", "service:"}) {
    EXPECT_FALSE(ParseTarget(text).ok()) << text;
  }
}

}  // namespace
}  // namespace pavane::cli
