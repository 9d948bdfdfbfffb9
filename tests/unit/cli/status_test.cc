#include "clients/cli/status.h"

#include "gtest/gtest.h"

namespace pavane::cli {
namespace {

TEST(Status, ExitCodesTellKindsOfFailureApart) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), kExitOk);
  EXPECT_EQ(ExitCodeOf(UsageError("x")), kExitUsage);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("x")), kExitFailure) << "of the broker";
  EXPECT_EQ(ExitCodeOf(absl::FailedPreconditionError("x")), kExitFailure);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("x")), kExitNotFound);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("x")), kExitUnavailable);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("x")), kExitUnavailable);
}

TEST(Status, HintsAndContextKeepTheKind) {
  EXPECT_EQ(ExitCodeOf(WithHint(UsageError("a"), "b")), kExitUsage);
  EXPECT_EQ(ExitCodeOf(InContext(UsageError("a"), "b")), kExitUsage);
  EXPECT_EQ(WithHint(absl::NotFoundError("a"), "b").message(), "a; b");
  EXPECT_EQ(InContext(absl::NotFoundError("a"), "b").message(), "b: a");
  EXPECT_TRUE(WithHint(absl::OkStatus(), "b").ok());
  EXPECT_TRUE(InContext(absl::OkStatus(), "b").ok());
}

TEST(Status, CarriesTheReasonOfTheBroker) {
  const absl::Status refused = RefusedBecause(absl::StatusCode::kFailedPrecondition,
                                              pavane::v1::HAS_UNSETTLED, "3 deliveries");
  EXPECT_EQ(refused.message(), "HAS_UNSETTLED: 3 deliveries");
  EXPECT_EQ(ReasonOf(refused), pavane::v1::HAS_UNSETTLED);
  EXPECT_EQ(ReasonOf(WithHint(refused, "x")), pavane::v1::HAS_UNSETTLED);
  EXPECT_EQ(ReasonOf(absl::NotFoundError("x")), pavane::v1::REASON_UNSPECIFIED);
}

TEST(Status, ReasonsOfANewerBrokerAreShownByNumber) {
  const absl::Status refused = RefusedBecause(
      absl::StatusCode::kInternal, static_cast<pavane::v1::Reason>(12345), "new trouble");
  EXPECT_EQ(refused.message(), "reason 12345: new trouble");
}

}  // namespace
}  // namespace pavane::cli
