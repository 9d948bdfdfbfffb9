#include "base/status_macros.h"

#include <memory>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace pavane {
namespace {

using ::pavane::testing::IsOkAndHolds;
using ::pavane::testing::StatusIs;
using ::testing::Not;

absl::StatusOr<int> Half(int n) {
  if (n % 2 != 0) return absl::InvalidArgumentError("odd");
  return n / 2;
}

absl::StatusOr<int> Quarter(int n) {
  ASSIGN_OR_RETURN(const int half, Half(n));
  ASSIGN_OR_RETURN(int quarter, Half(half));
  return quarter;
}

absl::Status CheckEven(int n) {
  RETURN_IF_ERROR(Half(n));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<int>> Make() { return std::make_unique<int>(5); }

TEST(StatusMacros, PassTheValueOn) {
  EXPECT_THAT(Quarter(12), IsOkAndHolds(3));
  EXPECT_OK(CheckEven(2));
}

TEST(StatusMacros, PassTheErrorOn) {
  EXPECT_THAT(Quarter(6), StatusIs(absl::StatusCode::kInvalidArgument, "odd"));
  EXPECT_THAT(CheckEven(3), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(CheckEven(3), Not(testing::IsOk()));
}

TEST(StatusMacros, MoveOnlyValuesAndExpressionsWithCommas) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<int> five, Make());
  EXPECT_EQ(*five, 5);
  const auto sum = []() -> absl::StatusOr<int> {
    ASSIGN_OR_RETURN(const auto pair, (absl::StatusOr<std::pair<int, int>>({1, 2})));
    return pair.first + pair.second;
  };
  EXPECT_THAT(sum(), IsOkAndHolds(3));
}

TEST(Annotate, AddsContextAndKeepsCodeAndPayload) {
  absl::Status status = absl::NotFoundError("gone");
  status.SetPayload("reason", absl::Cord("BUS_NOT_FOUND"));
  const absl::Status annotated = Annotate(status, "rule 7");
  EXPECT_THAT(annotated, StatusIs(absl::StatusCode::kNotFound, "rule 7: gone"));
  EXPECT_EQ(annotated.GetPayload("reason"), absl::Cord("BUS_NOT_FOUND"));
  EXPECT_OK(Annotate(absl::OkStatus(), "rule 7"));
}

}  // namespace
}  // namespace pavane
