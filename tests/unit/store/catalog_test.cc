#include "store/catalog.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <gtest/gtest.h>

#include "base/random.h"
#include "store/persistent_map.h"
#include "tests/support/status_matchers.h"

namespace pavane::store {
namespace {

using ::pavane::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

BusEntry MakeBus(uint64_t id, const std::string& name) {
  BusEntry entry{BusId(id), {}};
  entry.bus.set_name(name);
  return entry;
}

RuleEntry MakeRule(uint64_t id, uint64_t bus, const std::string& name,
                   std::vector<TargetId> targets) {
  RuleEntry entry{RuleId(id), BusId(bus), {}, targets};
  entry.rule.set_name(name);
  entry.rule.set_pattern("{}");
  for (const TargetId target : targets) {
    entry.rule.add_targets()->set_id(absl::StrCat("t", target.value()));
  }
  return entry;
}

std::shared_ptr<const Catalog> Applied(const Catalog& catalog,
                                       const std::vector<CatalogChange>& changes) {
  auto next = catalog.Apply(changes, catalog.version().Next());
  EXPECT_OK(next.status());
  return *next;
}

std::vector<std::string> Names(const std::vector<RuleEntryPtr>& rules) {
  std::vector<std::string> names;
  for (const RuleEntryPtr& rule : rules) names.push_back(rule->rule.name());
  return names;
}

TEST(CatalogTest, FindsWhatWasPutByNameAndById) {
  const auto catalog = Applied(
      Catalog(), {EncodeBus(MakeBus(1, "default")), EncodeRule(MakeRule(5, 1, "r", {TargetId(9)})),
                  EncodeRuleSet({"ticket", 3, 77, {RuleId(5)}})});
  EXPECT_EQ(catalog->version(), CatalogVersion(1));
  EXPECT_EQ(catalog->FindBus("default")->id, BusId(1));
  EXPECT_EQ(catalog->FindBus(BusId(1))->bus.name(), "default");
  EXPECT_EQ(catalog->FindRule(BusId(1), "r")->id, RuleId(5));
  EXPECT_EQ(catalog->FindRule(RuleId(5))->rule.name(), "r");
  const TargetPlace place = catalog->FindTarget(TargetId(9));
  EXPECT_EQ(place.rule->id, RuleId(5));
  EXPECT_EQ(place.target().id(), "t9");
  EXPECT_EQ(catalog->FindRuleSet("ticket")->version, 3);
  EXPECT_THAT(catalog->FindRuleSet("ticket")->rules, ElementsAre(RuleId(5)));
}

TEST(CatalogTest, FindsNothingThatWasNotPut) {
  const auto catalog = Applied(Catalog(), {EncodeBus(MakeBus(1, "default"))});
  EXPECT_EQ(catalog->FindBus("other"), nullptr);
  EXPECT_EQ(catalog->FindBus(BusId(2)), nullptr);
  EXPECT_EQ(catalog->FindRule(BusId(1), "r"), nullptr);
  EXPECT_EQ(catalog->FindRule(RuleId(1)), nullptr);
  EXPECT_EQ(catalog->FindTarget(TargetId(1)).rule, nullptr);
  EXPECT_EQ(catalog->FindRuleSet("ticket"), nullptr);
}

TEST(CatalogTest, ASnapshotDoesNotSeeLaterChanges) {
  const auto before = Applied(Catalog(), {EncodeRule(MakeRule(1, 1, "a", {TargetId(1)}))});
  const auto after = Applied(*before, {EncodeRule(MakeRule(1, 1, "b", {TargetId(2)}))});
  EXPECT_NE(before->FindRule(BusId(1), "a"), nullptr);
  EXPECT_EQ(before->FindRule(BusId(1), "b"), nullptr);
  EXPECT_NE(before->FindTarget(TargetId(1)).rule, nullptr);
  EXPECT_EQ(after->FindRule(BusId(1), "a"), nullptr);
  EXPECT_NE(after->FindRule(BusId(1), "b"), nullptr);
  EXPECT_EQ(after->FindTarget(TargetId(1)).rule, nullptr);
  EXPECT_NE(after->FindTarget(TargetId(2)).rule, nullptr);
}

TEST(CatalogTest, IdsAreNotGivenAgainAfterErasing) {
  const auto with = Applied(
      Catalog(), {EncodeBus(MakeBus(4, "b")), EncodeRule(MakeRule(8, 4, "r", {TargetId(20)}))});
  const auto without = Applied(*with, {EraseRule(RuleId(8)), EraseBus(BusId(4))});
  EXPECT_EQ(without->rule_count(), 0);
  EXPECT_EQ(without->bus_count(), 0);
  EXPECT_EQ(without->target_count(), 0);
  EXPECT_EQ(without->next_bus_id(), BusId(5));
  EXPECT_EQ(without->next_rule_id(), RuleId(9));
  EXPECT_EQ(without->next_target_id(), TargetId(21));
}

TEST(CatalogTest, ANameMayMoveToANewIdInOneChange) {
  const auto first = Applied(
      Catalog(), {EncodeBus(MakeBus(1, "b")), EncodeRule(MakeRule(1, 1, "r", {TargetId(1)}))});
  const auto second =
      Applied(*first, {EncodeRule(MakeRule(2, 1, "r", {TargetId(2)})), EraseRule(RuleId(1)),
                       EncodeBus(MakeBus(2, "b")), EraseBus(BusId(1))});
  ASSERT_NE(second->FindRule(BusId(1), "r"), nullptr);
  EXPECT_EQ(second->FindRule(BusId(1), "r")->id, RuleId(2));
  EXPECT_EQ(second->rule_count(), 1);
  ASSERT_NE(second->FindBus("b"), nullptr);
  EXPECT_EQ(second->FindBus("b")->id, BusId(2));
}

TEST(CatalogTest, ListsRulesOfOneBusByName) {
  const auto catalog = Applied(
      Catalog(), {EncodeRule(MakeRule(1, 1, "c", {})), EncodeRule(MakeRule(2, 1, "a", {})),
                  EncodeRule(MakeRule(3, 2, "b", {})), EncodeRule(MakeRule(4, 1, "b", {}))});
  EXPECT_THAT(Names(catalog->Rules(BusId(1), "", 10)), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Names(catalog->Rules(BusId(1), "b", 10)), ElementsAre("b", "c"));
  EXPECT_THAT(Names(catalog->Rules(BusId(1), "", 2)), ElementsAre("a", "b"));
  EXPECT_THAT(Names(catalog->Rules(BusId(2), "", 10)), ElementsAre("b"));
  EXPECT_TRUE(catalog->Rules(BusId(3), "", 10).empty());
}

TEST(CatalogTest, EntriesComeBackFromTheirBytes) {
  RuleEntry rule = MakeRule(5, 1, "r", {TargetId(9), TargetId(11)});
  rule.rule.set_owner_service("ticket");
  rule.rule.set_pinned(true);
  rule.rule.set_version(12);
  ASSERT_OK_AND_ASSIGN(const RuleEntry back, DecodeRule(EncodeRule(rule).bytes));
  EXPECT_EQ(back.rule.SerializeAsString(), rule.rule.SerializeAsString());
  EXPECT_EQ(back.target_ids, rule.target_ids);
  EXPECT_EQ(back.bus_id, rule.bus_id);
}

TEST(CatalogTest, BadBytesAreRefused) {
  EXPECT_THAT(DecodeBus(""), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(DecodeRule("\x01\xff\xff\xff"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(DecodeRuleSet("\x02"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("format 2")));
  CatalogChange change = EncodeBus(MakeBus(1, "b"));
  change.bytes.resize(change.bytes.size() - 1);
  EXPECT_THAT(Catalog().Apply({change}, CatalogVersion(1)), StatusIs(absl::StatusCode::kDataLoss));
}

TEST(CatalogTest, AManyRulesCatalogSharesWhatDoesNotChange) {
  constexpr int kRules = 20'000;
  std::vector<CatalogChange> changes;
  for (int i = 1; i <= kRules; ++i) {
    changes.push_back(EncodeRule(MakeRule(i, 1, absl::StrFormat("rule-%06d", i), {TargetId(i)})));
  }
  const auto big = Applied(Catalog(), changes);
  const auto changed = Applied(*big, {EncodeRule(MakeRule(7, 1, "rule-000007", {TargetId(7)}))});
  EXPECT_EQ(changed->rule_count(), kRules);
  // Another entry is the same object, not a copy.
  EXPECT_EQ(changed->FindRule(RuleId(8)).get(), big->FindRule(RuleId(8)).get());
  EXPECT_NE(changed->FindRule(RuleId(7)).get(), big->FindRule(RuleId(7)).get());
}

TEST(PersistentMapTest, BehavesAsAMapUnderRandomOperations) {
  const uint64_t seed = SystemRandom::Get().Uint64();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  SeededRandom random(seed);
  PersistentMap<uint64_t, uint64_t> map;
  std::map<uint64_t, uint64_t> model;
  struct Version {
    PersistentMap<uint64_t, uint64_t> map;
    std::map<uint64_t, uint64_t> model;
  };
  std::vector<Version> versions;
  for (int step = 0; step < 20'000; ++step) {
    const uint64_t key = random.Uniform(500);
    if (random.Uniform(3) > 0) {
      map.Put(key, step);
      model[key] = step;
    } else {
      EXPECT_EQ(map.Erase(key), model.erase(key) == 1);
    }
    if (step % 1000 == 0) versions.push_back({map, model});
  }
  versions.push_back({map, model});
  for (const Version& version : versions) {
    EXPECT_EQ(version.map.size(), version.model.size());
    const uint64_t from = random.Uniform(500);
    auto expected = version.model.lower_bound(from);
    version.map.VisitFrom(from, [&](uint64_t key, uint64_t value) {
      EXPECT_EQ(key, expected->first);
      EXPECT_EQ(value, expected->second);
      ++expected;
      return true;
    });
    EXPECT_EQ(expected, version.model.end());
    for (uint64_t key = 0; key < 500; ++key) {
      const uint64_t* found = version.map.Find(key);
      const auto wanted = version.model.find(key);
      ASSERT_EQ(found != nullptr, wanted != version.model.end()) << key;
      if (found != nullptr) {
        EXPECT_EQ(*found, wanted->second);
      }
    }
  }
}

}  // namespace
}  // namespace pavane::store
