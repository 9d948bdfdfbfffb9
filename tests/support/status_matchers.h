// Matchers for absl::Status and StatusOr, with upstream abseil's names and meaning:
//
//   EXPECT_OK(store.Open());
//   ASSERT_OK_AND_ASSIGN(auto rule, catalog.Find("r"));
//   EXPECT_THAT(Parse("{"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line 1")));
//   EXPECT_THAT(Count(), IsOkAndHolds(3));
#ifndef PAVANE_TESTS_SUPPORT_STATUS_MATCHERS_H_
#define PAVANE_TESTS_SUPPORT_STATUS_MATCHERS_H_

#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pavane::testing {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& status_or) {
  return status_or.status();
}

class IsOkMatcher {
 public:
  using is_gtest_matcher = void;
  template <typename S>
  bool MatchAndExplain(const S& status, ::testing::MatchResultListener* listener) const {
    *listener << "which is " << StatusOf(status).ToString();
    return status.ok();
  }
  void DescribeTo(std::ostream* out) const { *out << "is OK"; }
  void DescribeNegationTo(std::ostream* out) const { *out << "is not OK"; }
};

inline IsOkMatcher IsOk() { return {}; }

class StatusIsMatcher {
 public:
  using is_gtest_matcher = void;
  StatusIsMatcher(absl::StatusCode code, ::testing::Matcher<const std::string&> message)
      : code_(code), message_(std::move(message)) {}

  template <typename S>
  bool MatchAndExplain(const S& status, ::testing::MatchResultListener* listener) const {
    const absl::Status& actual = StatusOf(status);
    *listener << "which is " << actual.ToString();
    return actual.code() == code_ && message_.Matches(std::string(actual.message()));
  }
  void DescribeTo(std::ostream* out) const {
    *out << "has code " << absl::StatusCodeToString(code_) << " and a message that ";
    message_.DescribeTo(out);
  }
  void DescribeNegationTo(std::ostream* out) const {
    *out << "not (";
    DescribeTo(out);
    *out << ")";
  }

 private:
  absl::StatusCode code_;
  ::testing::Matcher<const std::string&> message_;
};

inline StatusIsMatcher StatusIs(absl::StatusCode code) { return {code, ::testing::_}; }
template <typename M>
StatusIsMatcher StatusIs(absl::StatusCode code, M message) {
  return {code, ::testing::MatcherCast<const std::string&>(std::move(message))};
}

MATCHER_P(IsOkAndHolds, inner,
          "is OK and holds a value that " +
              ::testing::DescribeMatcher<typename std::decay_t<arg_type>::value_type>(inner,
                                                                                      negation)) {
  if (!arg.ok()) {
    *result_listener << "which is " << arg.status().ToString();
    return false;
  }
  return ::testing::ExplainMatchResult(inner, *arg, result_listener);
}

}  // namespace pavane::testing

#define EXPECT_OK(expression) EXPECT_THAT(expression, ::pavane::testing::IsOk())
#define ASSERT_OK(expression) ASSERT_THAT(expression, ::pavane::testing::IsOk())

#define PAVANE_TEST_CONCAT_INNER(a, b) a##b
#define PAVANE_TEST_CONCAT(a, b) PAVANE_TEST_CONCAT_INNER(a, b)
#define ASSERT_OK_AND_ASSIGN(left, ...)                                                   \
  PAVANE_ASSERT_OK_AND_ASSIGN(PAVANE_TEST_CONCAT(pavane_test_status_or_, __LINE__), left, \
                              __VA_ARGS__)
#define PAVANE_ASSERT_OK_AND_ASSIGN(status_or, left, ...) \
  auto status_or = (__VA_ARGS__);                         \
  ASSERT_OK(status_or);                                   \
  left = *std::move(status_or)

#endif  // PAVANE_TESTS_SUPPORT_STATUS_MATCHERS_H_
