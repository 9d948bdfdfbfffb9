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

TEST(Explanation, SendsAnEventAsItWouldBePublished) {
  pavane::admin::v1::ExplainMatchRequest request;
  ASSERT_TRUE(SetEvent(*ParseJson(R"({"type":"T","data":{"a":1}})"), &request).ok());
  EXPECT_EQ(request.cloud_event().spec_version(), "1.0");
  EXPECT_EQ(request.cloud_event().source(), "pavane-cli");
  EXPECT_NE(request.cloud_event().id(), "");
}

}  // namespace
}  // namespace pavane::cli
