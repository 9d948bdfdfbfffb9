#include "base/check.h"

#include "absl/status/status.h"
#include <gtest/gtest.h>

namespace pavane {
namespace {

TEST(CheckDeathTest, NamesConditionPlaceAndMessage) {
  const int places = 0;
  EXPECT_DEATH(CHECK(places > 0) << "a queue holds something",
               "check_test.cc:.*CHECK failed: places > 0 a queue holds something");
}

TEST(CheckDeathTest, ComparisonShowsBothOperands) {
  EXPECT_DEATH(CHECK_EQ(1 + 1, 3) << "sum", "1 \\+ 1 == 3 \\(2 vs. 3\\) sum");
  EXPECT_DEATH(CHECK_LT(2, 1), "2 < 1 \\(2 vs. 1\\)");
}

TEST(CheckDeathTest, CheckOkShowsTheStatus) {
  EXPECT_DEATH(CHECK_OK(absl::DataLossError("block 7")), "DATA_LOSS: block 7");
}

TEST(Check, PassesQuietlyAndEvaluatesOnce) {
  int evaluated = 0;
  CHECK(++evaluated == 1) << "once";
  CHECK_EQ(++evaluated, 2);
  CHECK_NE(evaluated, 3);
  CHECK_LE(evaluated, 2);
  CHECK_GE(evaluated, 2);
  CHECK_GT(evaluated, 1);
  CHECK_OK(absl::OkStatus());
  EXPECT_EQ(evaluated, 2);
}

TEST(Check, DoesNotTakeTheElseOfAnIf) {
  bool reached = false;
  if (false)
    CHECK(true) << "not reached";
  else
    reached = true;
  EXPECT_TRUE(reached);
}

}  // namespace
}  // namespace pavane
