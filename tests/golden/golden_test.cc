// Opens copies of the stores that earlier versions wrote, and reads everything they hold.
#include <filesystem>
#include <string>

#include "absl/strings/str_replace.h"
#include <gtest/gtest.h>

#include "store/log.h"
#include "tests/golden/golden_content.h"
#include "tests/golden/golden_ordering.h"
#include "tests/golden/golden_schedule.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace pavane::testing {
namespace {

class GoldenTest : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenTest, AStoreOfAnEarlierVersionOpensAndGoesOn) {
  TempDir dir;
  store::Log::Options options;
  options.directory = dir.File("store");
  options.create_if_missing = false;
  std::filesystem::copy(PAVANE_GOLDEN_DIR + GetParam(), options.directory);
  for (const bool first : {true, false}) {
    SCOPED_TRACE(first ? "as it was committed" : "after one start");
    ASSERT_OK_AND_ASSIGN(const auto log, store::Log::Open(options));
    EXPECT_OK(CheckGoldenContent(*log));
    // The first ones kept nothing of what rules were, say so, and begin with what they are now.
    ASSERT_OK_AND_ASSIGN(auto rule, log->ReadRuleAsOf(BusId(1), "r", CatalogVersion()));
    EXPECT_EQ(rule.known, GetParam() == "v2-schedule");
    ASSERT_OK_AND_ASSIGN(rule, log->ReadRuleAsOf(BusId(1), "r", log->catalog_version()));
    EXPECT_TRUE(rule.known);
    if (GetParam() != "v1") {
      EXPECT_OK(CheckGoldenOrdering(*log));
    }
    if (GetParam() == "v2-schedule") {
      EXPECT_OK(CheckGoldenSchedule(*log));
    }
    EXPECT_EQ(log->boot(), BootNumber(first ? 3 : 4));
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, GoldenTest, ::testing::Values("v1", "v2", "v2-schedule"),
                         [](const auto& version) {
                           return absl::StrReplaceAll(version.param, {{"-", "_"}});
                         });

}  // namespace
}  // namespace pavane::testing
