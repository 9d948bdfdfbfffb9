#include "event/view_path.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "event/json.h"
#include "tests/support/status_matchers.h"

namespace pavane::event {
namespace {

using Member = EventView::Member;
using ::pavane::testing::StatusIs;

class ViewPathTest : public ::testing::Test {
 protected:
  uint64_t InDetail(std::string json, absl::string_view path) {
    const size_t size = json.size();
    json.append(kJsonPadding, ' ');
    const std::vector<Member> members = {
        Member::String("source", "shop"), Member::Integer("shard", 7),
        Member::Boolean("urgent", true),
        Member::Json("detail", absl::string_view(json).substr(0, size))};
    return HashAtPath(EventView(members), path);
  }
};

TEST_F(ViewPathTest, FindsAttributesAndMembersOfTheDetail) {
  const std::string detail = R"({"order":{"id":"a-1","n":7},"ok":true})";
  EXPECT_NE(InDetail(detail, "source"), 0u);
  EXPECT_NE(InDetail(detail, "detail.order.id"), 0u);
  EXPECT_EQ(InDetail(detail, "$.detail.order.id"), InDetail(detail, "detail.order.id"));
  EXPECT_EQ(InDetail(detail, "detail.order.n"), InDetail(detail, "shard"))
      << "both are the number 7";
  EXPECT_EQ(InDetail(detail, "detail.ok"), InDetail(detail, "urgent"));
}

TEST_F(ViewPathTest, TheSameValueHashesAlikeWhateverStandsAround) {
  EXPECT_EQ(InDetail(R"({"id":"k1"})", "detail.id"),
            InDetail(R"({ "other" : [1,{"id":"k2"}], "id" :  "k1" })", "detail.id"));
  EXPECT_EQ(InDetail(R"({"id":"k1"})", "detail.id"), InDetail("{\"id\":\"\\u006b1\"}", "detail.id"))
      << "an escaped character is the character";
  EXPECT_EQ(InDetail(R"({"id":"k1"})", "detail.id"), InDetail("{\"\\u0069d\":\"k1\"}", "detail.id"))
      << "in a name as well";
  EXPECT_EQ(InDetail(R"({"id": 12 })", "detail.id"), InDetail(R"({"id":12})", "detail.id"));
}

TEST_F(ViewPathTest, DifferentValuesAndTypesDiffer) {
  const uint64_t text = InDetail(R"({"id":"12"})", "detail.id");
  EXPECT_NE(text, InDetail(R"({"id":12})", "detail.id"));
  EXPECT_NE(text, InDetail(R"({"id":"13"})", "detail.id"));
  EXPECT_NE(InDetail(R"({"id":""})", "detail.id"), 0u) << "an empty text is a key";
}

TEST_F(ViewPathTest, WhatIsNoScalarIsNoKey) {
  for (const char* json : {R"({"id":null})", R"({"id":{}})", R"({"id":["a"]})", R"({})"}) {
    EXPECT_EQ(InDetail(json, "detail.id"), 0u) << json;
  }
  EXPECT_EQ(InDetail(R"({"id":"a"})", "detail.id.more"), 0u);
  EXPECT_EQ(InDetail(R"({"id":"a"})", "detail"), 0u);
  EXPECT_EQ(InDetail(R"({"id":"a"})", "source.more"), 0u);
  EXPECT_EQ(InDetail(R"({"id":"a"})", "nothing"), 0u);
}

TEST_F(ViewPathTest, HalfOfASurrogatePairIsAKey) {
  EXPECT_NE(InDetail("{\"id\":\"\\ud83d\"}", "detail.id"), 0u);
}

TEST(CheckViewPathTest, RefusesWhatItCannotFollow) {
  EXPECT_OK(CheckViewPath("partitionkey"));
  EXPECT_OK(CheckViewPath("$.detail.order.id"));
  for (const char* path : {"", "$.", "a..b", ".a", "a.", "a[0]", "a.*"}) {
    EXPECT_THAT(CheckViewPath(path), StatusIs(absl::StatusCode::kInvalidArgument)) << path;
  }
  EXPECT_THAT(CheckViewPath(std::string(300, 'a')), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace pavane::event
