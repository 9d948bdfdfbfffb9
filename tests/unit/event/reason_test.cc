#include "event/reason.h"

#include <gtest/gtest.h>

namespace pavane::event {
namespace {

TEST(Reason, TravelsWithTheStatus) {
  const absl::Status status = Refused(absl::StatusCode::kResourceExhausted, v1::OVERLOADED,
                                      "come later", absl::Milliseconds(1500));
  EXPECT_EQ(ReasonOf(status), v1::OVERLOADED);
  EXPECT_EQ(RetryAfterOf(status), absl::Milliseconds(1500));
  const v1::Error error = ToError(status);
  EXPECT_EQ(error.code(), 8);
  EXPECT_EQ(error.reason(), v1::OVERLOADED);
  EXPECT_EQ(error.message(), "come later");
  EXPECT_EQ(error.retry_after().seconds(), 1);
  EXPECT_EQ(error.retry_after().nanos(), 500'000'000);
}

TEST(Reason, APlainStatusHasNone) {
  const v1::Error error = ToError(absl::NotFoundError("x"));
  EXPECT_EQ(error.code(), 5);
  EXPECT_EQ(error.reason(), v1::REASON_UNSPECIFIED);
  EXPECT_FALSE(error.has_retry_after());
}

}  // namespace
}  // namespace pavane::event
