#include "base/failpoint.h"

#include <signal.h>

#include <cstdlib>

#include <gtest/gtest.h>

#include "base/status_macros.h"
#include "tests/support/status_matchers.h"

namespace pavane {
namespace {

using ::pavane::testing::IsOk;
using ::pavane::testing::StatusIs;

absl::Status Step() {
  FAILPOINT("base_test.before");
  RETURN_IF_ERROR(FAILPOINT_STATUS("base_test.step"));
  return absl::OkStatus();
}

TEST(Failpoint, UnarmedPointPasses) { EXPECT_OK(Step()); }

TEST(Failpoint, ArmedPointFailsFromTheNthPassingUntilDisarmed) {
  if (!failpoint::kEnabled) GTEST_SKIP() << "compiled without fail points";
  {
    const failpoint::ScopedFailure failure("base_test.step", absl::DataLossError("disk"), 2);
    EXPECT_OK(Step());
    EXPECT_THAT(Step(), StatusIs(absl::StatusCode::kDataLoss, "disk"));
    EXPECT_THAT(Step(), StatusIs(absl::StatusCode::kDataLoss));
    EXPECT_EQ(failure.hits(), 3u);
  }
  EXPECT_OK(Step());
}

TEST(Failpoint, CompiledOutItNeverFails) {
  if (failpoint::kEnabled) GTEST_SKIP() << "compiled with fail points";
  const failpoint::ScopedFailure failure("base_test.step", absl::DataLossError("disk"));
  EXPECT_OK(Step());
  EXPECT_EQ(failure.hits(), 0u);
}

TEST(FailpointDeathTest, EnvironmentKillsTheProcessAtTheNthPassing) {
  if (!failpoint::kEnabled) GTEST_SKIP() << "compiled without fail points";
  // The statement runs in a fresh process, which reads the environment at its first point.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  setenv("PAVANE_FAILPOINT", "base_test.before:3", 1);
  EXPECT_EXIT(
      {
        for (int i = 1; i <= 2; ++i) EXPECT_THAT(Step(), IsOk());
        fprintf(stderr, "passed twice\n");
        static_cast<void>(Step());
        exit(0);
      },
      ::testing::KilledBySignal(SIGKILL), "passed twice");
  unsetenv("PAVANE_FAILPOINT");
}

TEST(FailpointDeathTest, EnvironmentMakesAPointLieBesideOneThatKills) {
  if (!failpoint::kEnabled) GTEST_SKIP() << "compiled without fail points";
  EXPECT_FALSE(FAILPOINT_LIES("base_test.lie"));
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  setenv("PAVANE_FAILPOINT", "base_test.lie=lie,base_test.before", 1);
  EXPECT_EXIT(
      {
        if (FAILPOINT_LIES("base_test.lie") && !FAILPOINT_LIES("base_test.before")) {
          fprintf(stderr, "only one lies\n");
        }
        static_cast<void>(Step());
        exit(0);
      },
      ::testing::KilledBySignal(SIGKILL), "only one lies");
  unsetenv("PAVANE_FAILPOINT");
}

}  // namespace
}  // namespace pavane
