#include "clients/cli/explanation.h"

#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pavane::cli {
namespace {

using ::pavane::admin::v1::ExplainMatchResponse;
using ::pavane::admin::v1::RuleAsOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Explanation, SaysOfWhichVersionItCannotBeTold) {
  std::istringstream in;
  std::ostringstream out;
  const Context context(in, out, out);
  ExplainMatchResponse response;
  response.set_explains_then(true);
  response.mutable_then()->set_state(RuleAsOf::IN_FORCE);
  response.mutable_then()->set_matched(true);
  response.mutable_now()->set_state(RuleAsOf::IN_FORCE);
  response.mutable_now()->mutable_error()->set_reason(pavane::v1::EVENT_TOO_COMPLEX);
  const std::string text = HistoryText(context, response);
  EXPECT_THAT(text, HasSubstr(": matched  (explained below)\n"));
  EXPECT_THAT(text, HasSubstr(": cannot be told: too complex\n"));
  EXPECT_THAT(text, Not(HasSubstr("would answer otherwise"))) << "nobody knows";
}

}  // namespace
}  // namespace pavane::cli
