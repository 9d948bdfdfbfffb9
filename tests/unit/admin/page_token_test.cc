#include "admin/page_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace pavane::admin {
namespace {

using ::pavane::testing::IsOkAndHolds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PageToken, GivesItsPartsBack) {
  EXPECT_THAT(DecodePageToken(EncodePageToken({"bus", "", "a/b"}), 3),
              IsOkAndHolds(ElementsAre("bus", "", "a/b")));
  EXPECT_THAT(DecodePageToken("", 3), IsOkAndHolds(IsEmpty()));
}

TEST(PageToken, ForeignTextIsRefused) {
  for (const char* token : {"?", "abc", "Zm9v"}) {
    EXPECT_FALSE(DecodePageToken(token, 1).ok()) << token;
  }
  EXPECT_FALSE(DecodePageToken(EncodePageToken({"a", "b"}), 1).ok());
}

TEST(PageToken, PagesAreBounded) {
  EXPECT_THAT(PageSize(0), IsOkAndHolds(100u));
  EXPECT_THAT(PageSize(1000), IsOkAndHolds(1000u));
  EXPECT_FALSE(PageSize(1001).ok());
}

}  // namespace
}  // namespace pavane::admin
