#include "metrics/target_collector.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pavane::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TargetSample MakeTarget(uint64_t id, std::string bus = "default") {
  TargetSample target;
  target.id = TargetId(id);
  target.bus = std::move(bus);
  target.rule = absl::StrCat("r", id);
  target.target = "t";
  return target;
}

class TargetCollectorTest : public ::testing::Test {
 protected:
  std::string Scrape(TargetCollector& collector) {
    TextWriter out;
    collector.Write(out);
    return std::move(out).Take();
  }
  TargetSource Source() {
    return [this] { return sample_; };
  }

  DeliverySample sample_{.buses = {{"default", 0}}, .targets = {}};
};

TEST_F(TargetCollectorTest, ATargetHasTwelveSeriesAtZeroFromTheStart) {
  sample_.targets = {MakeTarget(1)};
  TargetCollector collector(Source(), 10);
  int series = 0;
  std::string text = Scrape(collector);
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::StrContains(line, "target=\"t\"")) continue;
    ++series;
    EXPECT_TRUE(absl::EndsWith(line, " 0")) << line;
  }
  EXPECT_EQ(series, 12);
  EXPECT_THAT(text, HasSubstr("\nFailedInvocations{bus=\"default\",rule=\"r1\",target=\"t\"} 0\n"));
}

TEST_F(TargetCollectorTest, FailuresAreCountedByReasonAndInSum) {
  TargetSample target = MakeTarget(1);
  target.counts.failed_by_reason = {1, 0, 2, 0, 0, 4};
  target.counts.successes = 10;
  sample_.targets = {target};
  TargetCollector collector(Source(), 10);
  std::string text = Scrape(collector);
  std::string labels = "{bus=\"default\",rule=\"r1\",target=\"t\"";
  EXPECT_THAT(text, HasSubstr(absl::StrCat("FailedInvocations", labels, "} 7\n")));
  EXPECT_THAT(text, HasSubstr(absl::StrCat("pavane_invocations_total", labels, "} 17\n")));
  for (auto [reason, count] : {std::pair{"RETRIES_EXHAUSTED", 1},
                               {"AGE_EXCEEDED", 0},
                               {"REJECTED", 2},
                               {"TARGET_MISSING", 4}}) {
    EXPECT_THAT(text, HasSubstr(absl::StrCat("pavane_failed_invocations_total", labels,
                                             ",reason=\"", reason, "\"} ", count, "\n")));
  }
}

TEST_F(TargetCollectorTest, TargetsBeyondTheLimitAreSummedPerBus) {
  sample_.buses = {{"a", 0}, {"b", 3}};
  sample_.targets = {MakeTarget(4, "b"), MakeTarget(3, "a"), MakeTarget(2, "a"),
                     MakeTarget(1, "a")};
  for (TargetSample& target : sample_.targets) {
    target.counts.successes = target.id.value();
    target.counts.created = 10;
    target.in_flight = 1;
    target.oldest_unsettled_seconds = static_cast<double>(target.id.value());
  }
  TargetCollector collector(Source(), 1);
  std::string text = Scrape(collector);
  // The lowest id has its own series whatever the order of the source.
  EXPECT_THAT(text, HasSubstr("pavane_invocations_total{bus=\"a\",rule=\"r1\",target=\"t\"} 1\n"));
  EXPECT_THAT(
      text, HasSubstr("pavane_invocations_total{bus=\"a\",rule=\"_other\",target=\"_other\"} 5\n"));
  EXPECT_THAT(
      text, HasSubstr("pavane_invocations_total{bus=\"b\",rule=\"_other\",target=\"_other\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("pavane_in_flight{bus=\"a\",rule=\"_other\"} 2\n"));
  EXPECT_THAT(text,
              HasSubstr("pavane_oldest_unsettled_age_seconds{bus=\"a\",rule=\"_other\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("pavane_invocations_created_total{bus=\"a\"} 30\n"));
  EXPECT_THAT(text, HasSubstr("pavane_dead_letters{bus=\"b\"} 3\n"));
  EXPECT_THAT(text, Not(HasSubstr("rule=\"r2\"")));
}

TEST_F(TargetCollectorTest, NoSumFallsWhenATargetIsDeleted) {
  for (uint64_t id : {1, 2, 3}) {
    TargetSample target = MakeTarget(id);
    target.counts.created = target.counts.successes = 10;
    target.counts.lost = 1;
    sample_.targets.push_back(target);
  }
  TargetCollector collector(Source(), 1);
  Scrape(collector);
  sample_.targets.erase(sample_.targets.begin() + 1);  // one of `_other`
  std::string text = Scrape(collector);
  std::string other = "pavane_invocations_total{bus=\"default\",rule=\"_other\",target=\"_other\"}";
  EXPECT_THAT(text, HasSubstr(absl::StrCat(other, " 20\n")));
  sample_.targets.clear();
  text = Scrape(collector);
  EXPECT_THAT(text, HasSubstr(absl::StrCat(other, " 20\n")));
  EXPECT_THAT(text, HasSubstr("pavane_lost_deliveries_total{bus=\"default\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("pavane_invocations_created_total{bus=\"default\"} 30\n"));
}

TEST_F(TargetCollectorTest, AFreedPlaceGoesToANewTargetNotToOneOfOther) {
  sample_.targets = {MakeTarget(1), MakeTarget(2)};
  TargetCollector collector(Source(), 1);
  Scrape(collector);
  sample_.targets = {MakeTarget(2), MakeTarget(3)};
  std::string text = Scrape(collector);
  EXPECT_THAT(text, Not(HasSubstr("rule=\"r2\"")));
  EXPECT_THAT(text, HasSubstr("rule=\"r3\""));
}

}  // namespace
}  // namespace pavane::metrics
