// What rules were when an event was matched.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "store/catalog.h"
#include "store/log.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/store/store_fixture.h"
#include "tests/unit/store/store_ids.h"

namespace pavane::store {
namespace {

using ::pavane::testing::TempDir;

class LogRulesTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }
  void Open() {
    log_.reset();
    Log::Options options;
    options.directory = dir_.path();
    options.tail_cache_bytes = 0;
    auto log = Log::Open(options);
    ASSERT_OK(log);
    log_ = *std::move(log);
    maker_ = CommitMaker(*log_);
    version_ = log_->catalog_version().value();
  }

  static CatalogChange Rule(uint64_t id, const std::string& name, uint64_t version,
                            const std::string& pattern, BusId bus = kBus) {
    RuleEntry entry{RuleId(id), bus, {}, {}};
    entry.rule.set_name(name);
    entry.rule.set_pattern(pattern);
    entry.rule.set_version(version);
    return EncodeRule(entry);
  }

  // One commit: an event of the version before, then the changes, then an event of the version
  // after.
  void Commit(std::vector<CatalogChange> changes, bool events = true) {
    CommitRecord& commit = maker_.Begin();
    commit.catalog_version = CatalogVersion(version_);
    if (events) maker_.Event(kBus, absl::StrCat("event-", ++made_), {});
    version_ += changes.size();
    commit.catalog_version = CatalogVersion(version_);
    commit.catalog = std::move(changes);
    if (events) maker_.Event(kBus, absl::StrCat("event-", ++made_), {});
    ASSERT_OK(log_->Append(commit));
  }

  // The pattern that the rule had at the version: "-" none, "=" what is in force, "?" before a text
  // of which it is not known whether it is right.
  std::string At(uint64_t version, const std::string& name = "r", BusId bus = kBus) {
    const auto rule = log_->ReadRuleAsOf(bus, name, CatalogVersion(version));
    EXPECT_OK(rule);
    if (!rule.ok()) return "error";
    const std::string known = rule->known ? "" : "?";
    if (!rule->changed_since) return known + "=";
    if (!rule->entry) return known + "-";
    const auto entry = DecodeRule(*rule->entry);
    EXPECT_OK(entry);
    return known + (entry.ok() ? entry->rule.pattern() : "error");
  }

  TempDir dir_;
  std::unique_ptr<Log> log_;
  CommitMaker maker_;
  uint64_t version_ = 0;
  int made_ = 0;
};

TEST_F(LogRulesTest, TellsWhatARuleWasAtEachVersionAlsoAfterAStart) {
  Commit({});
  Commit({Rule(1, "r", 1, "A")});                                              // 1
  Commit({Rule(2, "other", 1, "X"), Rule(1, "r", 2, "B")});                    // 2, 3
  Commit({Rule(1, "r", 3, "C"), Rule(1, "r", 4, "D"), EraseRule(RuleId(1))});  // 4, 5, 6
  Commit({Rule(3, "r", 1, "E")});  // 7: another rule of the name
  for (const char* when : {"live", "after a start"}) {
    SCOPED_TRACE(when);
    std::string all;
    for (uint64_t version = 0; version <= 7; ++version) absl::StrAppend(&all, At(version), " ");
    EXPECT_EQ(all, "- A A B C D - = ");
    EXPECT_EQ(At(1, "other"), "-");
    EXPECT_EQ(At(2, "other"), "=");
    EXPECT_EQ(At(0, "unheard of"), "=");
    EXPECT_EQ(At(0, "r", kOtherBus), "=");
    Open();
  }
}

TEST_F(LogRulesTest, AChangeThatIsNoVersionOfTheRuleEndsNone) {
  Commit({Rule(1, "r", 1, "A")});
  Commit({Rule(1, "r", 1, "A")});  // a target was paused
  Commit({Rule(1, "r", 2, "B")});
  EXPECT_EQ(At(1), "A");
  EXPECT_EQ(At(2), "A");
  EXPECT_EQ(At(3), "=");
}

TEST_F(LogRulesTest, KeepsNothingForABusWithoutEvents) {
  Commit({Rule(1, "r", 1, "A", kOtherBus)});
  Commit({Rule(1, "r", 2, "B", kOtherBus)});
  EXPECT_EQ(At(1, "r", kOtherBus), "=") << "there was no event to judge";
}

TEST_F(LogRulesTest, ForgetsWhatJudgedNoEventThatIsKept) {
  Commit({Rule(1, "r", 1, "A")});  // events 1 and 2, of versions 0 and 1
  Commit({Rule(1, "r", 2, "B")});  // 3 and 4
  Commit({Rule(1, "r", 3, "C")});  // 5 and 6
  ASSERT_OK(log_->DropEvents(kBus, Sequence(3)));
  EXPECT_EQ(At(0), "A") << "version 0 is forgotten, the next change known is that to B";
  EXPECT_EQ(At(1), "A");
  EXPECT_EQ(At(2), "B");
  Open();
  EXPECT_EQ(At(1), "A");
  ASSERT_OK(log_->DropEvents(kBus, Sequence(7)));
  for (uint64_t version = 0; version <= 3; ++version) EXPECT_EQ(At(version), "=") << version;
  Commit({Rule(1, "r", 4, "D")}, false);
  EXPECT_EQ(At(3), "=") << "no event is left to judge";
}

}  // namespace
}  // namespace pavane::store
