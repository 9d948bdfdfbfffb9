#include "clients/cpp/src/utf8.h"

#include <string>

#include <gtest/gtest.h>

namespace pavane::internal {
namespace {

TEST(Utf8, TakesWhatIsWellFormed) {
  for (const char* text : {"", "plain", "longer than eight bytes", "Zürich", "\u2026", "\ufffd",
                           "\U0001F600", "eight   \u00e9", "\U0010FFFF"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
}

TEST(Utf8, RefusesWhatIsNot) {
  for (const char* text : {"\xff", "a\x80", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80",
                           "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "12345678\xe2\x82"}) {
    EXPECT_FALSE(IsUtf8(text)) << ::testing::PrintToString(text);
  }
}

TEST(Utf8, CleanTextIsCutBetweenCharacters) {
  EXPECT_EQ(CleanUtf8("ab\u00e9", 3), "ab");
  EXPECT_EQ(CleanUtf8("ab\u00e9", 4), "ab\u00e9");
  EXPECT_EQ(CleanUtf8("a\xff"
                      "b",
                      10),
            "a?b");
}

TEST(Utf8, CheckNamesTheField) {
  pavane::v1::PublishEntry entry;
  (*entry.mutable_event()->mutable_attributes())["tier"].set_ce_string("\xff");
  const Error error = CheckText(entry);
  EXPECT_EQ(error.reason, pavane::v1::INVALID_UTF8);
  EXPECT_EQ(error.message, "attribute tier is not valid UTF-8");
}

}  // namespace
}  // namespace pavane::internal
