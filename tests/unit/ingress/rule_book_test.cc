#include "ingress/rule_book.h"

#include <vector>

#include <gtest/gtest.h>

#include "event/view_buffer.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"
#include "tests/unit/ingress/stations.h"

namespace pavane::ingress {
namespace {

using ::pavane::testing::Stations;

uint32_t RulesMatched(const RuleBook& book, const std::string& bus = "default") {
  const event::CloudEvent event = pavane::testing::MakeEvent();
  event::ViewBuffer buffer;
  const RuleSnapshotPtr rules = book.snapshot();
  return rules->Match(*rules->FindBus(bus), buffer.Fill(event, {.has_detail = true}))->rules;
}

TEST(RuleBook, AChangeIsInForceWhenItIsAnswered) {
  Stations broker;
  EXPECT_EQ(RulesMatched(broker.rules), 0u);
  ASSERT_OK(broker.PutRule("r", R"({"source":["shop"]})").status());
  EXPECT_EQ(RulesMatched(broker.rules), 1u);
  ASSERT_OK(broker.PutRule("r", R"({"source":["other"]})").status());
  EXPECT_EQ(RulesMatched(broker.rules), 0u);
}

TEST(RuleBook, ASnapshotStaysAsItWas) {
  Stations broker;
  ASSERT_OK(broker.PutRule("r", R"({"source":["shop"]})").status());
  const RuleSnapshotPtr before = broker.rules.snapshot();
  ASSERT_OK(broker.PutRule("r2", R"({"source":["shop"]})").status());
  EXPECT_EQ(before->catalog().rule_count(), 1u);
  EXPECT_EQ(broker.rules.snapshot()->catalog().rule_count(), 2u);
}

TEST(RuleBook, ChangesOfAnotherBusLeaveTheRulesOfABusAlone) {
  Stations broker;
  ASSERT_OK(broker.PutBus("audit"));
  const BusRulesPtr before = broker.rules.snapshot()->FindBus("default");
  ASSERT_OK(broker.PutRule("r", R"({"source":["shop"]})", {}, "audit").status());
  EXPECT_EQ(broker.rules.snapshot()->FindBus("default"), before);
  EXPECT_EQ(RulesMatched(broker.rules), 0u);
  EXPECT_EQ(RulesMatched(broker.rules, "audit"), 1u);
}

TEST(RuleBook, ADisabledRuleMatchesNothing) {
  Stations broker;
  ASSERT_OK(broker.PutRule("r", R"({"source":["shop"]})").status());
  ASSERT_OK(pavane::testing::Await<absl::Status>([&](auto done) {
    broker.rule_admin->SetState("", "r", pavane::admin::v1::Rule::DISABLED, done);
  }));
  EXPECT_EQ(RulesMatched(broker.rules), 0u);
  ASSERT_OK(pavane::testing::Await<absl::Status>([&](auto done) {
    broker.rule_admin->SetState("", "r", pavane::admin::v1::Rule::ENABLED, done);
  }));
  EXPECT_EQ(RulesMatched(broker.rules), 1u);
}

TEST(RuleBook, LoadsWhatTheLogKeeps) {
  Stations broker;
  ASSERT_OK(broker.PutRule("r", R"({"source":["shop"]})").status());
  ASSERT_OK_AND_ASSIGN(const std::vector<store::CatalogChange> entries, broker.log->ReadCatalog());
  RuleBook book({});
  ASSERT_OK(book.Load(entries, broker.log->catalog_version()));
  EXPECT_EQ(RulesMatched(book), 1u);
  EXPECT_EQ(book.snapshot()->catalog().next_rule_id(),
            broker.rules.snapshot()->catalog().next_rule_id());
}

TEST(RuleBook, ARebuildKeepsWhatChangedMeanwhile) {
  Stations broker;
  // The first 200 are a set that is built anew with each.
  for (int i = 0; i < 460; ++i) {
    ASSERT_OK(broker.PutRule(absl::StrCat("r", i), R"({"source":["shop"]})", {}).status());
  }
  EXPECT_TRUE(broker.rules.snapshot()->FindBus("default")->rules->NeedsRebuild());
  broker.rules.RebuildWhereNeeded();
  EXPECT_EQ(RulesMatched(broker.rules), 460u);
  EXPECT_FALSE(broker.rules.snapshot()->FindBus("default")->rules->HasOverlay());
  ASSERT_OK(broker.PutRule("r0", R"({"source":["other"]})", {}).status());
  EXPECT_EQ(RulesMatched(broker.rules), 459u);
}

TEST(RuleBook, AnOverlayThatHasSettledGoesIntoTheBase) {
  Stations broker;
  for (int i = 0; i < 250; ++i) {
    ASSERT_OK(broker.PutRule(absl::StrCat("r", i), R"({"source":["shop"]})", {}).status());
  }
  const auto has_overlay = [&] {
    return broker.rules.snapshot()->FindBus("default")->rules->HasOverlay();
  };
  EXPECT_TRUE(has_overlay());
  for (int i = 0; i < 5; ++i) broker.rules.RebuildWhereNeeded();
  ASSERT_OK(broker.PutRule("r250", R"({"source":["shop"]})", {}).status());
  for (int i = 0; i < 5; ++i) broker.rules.RebuildWhereNeeded();
  EXPECT_TRUE(has_overlay()) << "a change begins the wait anew";
  broker.rules.RebuildWhereNeeded();
  EXPECT_FALSE(has_overlay());
  EXPECT_EQ(RulesMatched(broker.rules), 251u);
}

}  // namespace
}  // namespace pavane::ingress
