// Texts that patterns compare with: ignoring case, wildcards, escapes, the order of names.
#include <string>

#include <gtest/gtest.h>

#include "rules/case_text.h"
#include "rules/json_string.h"
#include "rules/wildcard.h"
#include "tests/support/status_matchers.h"

namespace pavane::rules {
namespace {

using ::pavane::testing::StatusIs;
using ::testing::HasSubstr;

TEST(CaseText, AcceptsTheLowerAndTheUpperFormOfEachCharacterOnly) {
  EXPECT_TRUE(CaseText("ß").Equals("ß"));
  EXPECT_TRUE(CaseText("ß").Equals("SS"));
  EXPECT_FALSE(CaseText("ß").Equals("ss"));
  EXPECT_FALSE(CaseText("ß").Equals("Ss"));
  EXPECT_FALSE(CaseText("SS").Equals("ß"));
  EXPECT_TRUE(CaseText("Σ").Equals("σ"));
  EXPECT_FALSE(CaseText("Σ").Equals("ς"));
  EXPECT_TRUE(CaseText("ς").Equals("Σ"));
  EXPECT_TRUE(CaseText("\u212a").Equals("k"));
  EXPECT_FALSE(CaseText("k").Equals("\u212a"));
  EXPECT_FALSE(CaseText("ǅ").Equals("ǅ"));
  EXPECT_TRUE(CaseText("ǅ").Equals("ǆ"));
  EXPECT_TRUE(CaseText("😀").Equals("😀"));
  EXPECT_TRUE(CaseText("𐐀").Equals("𐐨"));
}

TEST(CaseText, ComparesBeginningsAndEndsOfOtherLength) {
  EXPECT_TRUE(CaseText("straß").IsPrefixOf("STRASSE"));
  EXPECT_TRUE(CaseText("aße").IsSuffixOf("STRASSE"));
  EXPECT_FALSE(CaseText("straß").IsPrefixOf("STRAS"));
  EXPECT_TRUE(CaseText("").IsPrefixOf(""));
  EXPECT_TRUE(CaseText("").IsSuffixOf("x"));
}

struct WildcardCase {
  const char* wildcard;
  const char* text;
  bool matches;
};

TEST(Wildcard, MatchesAnyRunAtEachStar) {
  const WildcardCase cases[] = {
      {"", "", true},           {"", "a", false},          {"*", "", true},
      {"*", "abc", true},       {"a*", "a", true},         {"a*", "ba", false},
      {"*b", "ab", true},       {"*b", "ba", false},       {"a*a", "a", false},
      {"a*a", "aa", true},      {"a*b*c", "aXbYc", true},  {"a*b*c", "acb", false},
      {"*ab*ab*", "ab", false}, {"*ab*ab*", "abab", true}, {"a*ab", "aab", true},
      {"\\*", "*", true},       {"\\*", "x", false},       {"\\\\*", "\\x", true},
      {"?.[", "?.[", true},
  };
  for (const WildcardCase& c : cases) {
    ASSERT_OK_AND_ASSIGN(const Wildcard wildcard, Wildcard::Parse(c.wildcard));
    EXPECT_EQ(wildcard.Matches(c.text), c.matches) << c.wildcard << " on " << c.text;
  }
}

TEST(Wildcard, SaysWhereItIsWrong) {
  Wildcard::Fault fault;
  EXPECT_THAT(Wildcard::Parse("a**b", &fault),
              StatusIs(absl::StatusCode::kInvalidArgument, "Consecutive wildcard characters"));
  EXPECT_EQ(fault.offset, 2u);
  EXPECT_EQ(fault.allowed, "'*' may not follow '*'");
  EXPECT_THAT(Wildcard::Parse("a\\", &fault),
              StatusIs(absl::StatusCode::kInvalidArgument, "Invalid escape character"));
  EXPECT_EQ(fault.offset, 1u);
  EXPECT_THAT(Wildcard::Parse("\\b"), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(JsonString, UndoesEscapesAndKeepsHalvesOfPairsApart) {
  EXPECT_EQ(Unescaped("a\\u0062\\n\\\"\\/\\\\"), "ab\n\"/\\");
  EXPECT_EQ(Unescaped("\\ud83d\\ude00"), "😀");
  EXPECT_EQ(Unescaped("\\ud83dx"), "\xed\xa0\xbdx");
  EXPECT_EQ(Unescaped("\\ude00\\ud83d"), "\xed\xb8\x80\xed\xa0\xbd");
  EXPECT_EQ(Unescaped("\\u0000"), std::string(1, '\0'));
}

TEST(Utf16Less, OrdersPairsBeforeTheLastCharactersOfTheBasicPlane) {
  EXPECT_TRUE(Utf16Less("a", "b"));
  EXPECT_TRUE(Utf16Less("a", "ab"));
  EXPECT_FALSE(Utf16Less("ab", "a"));
  EXPECT_FALSE(Utf16Less("a", "a"));
  EXPECT_TRUE(Utf16Less("z", "é"));
  EXPECT_TRUE(Utf16Less("😀", "\uff5e"));  // though in UTF-8 it is the other way round
  EXPECT_TRUE(Utf16Less("\ud7ff", "😀"));
  EXPECT_TRUE(Utf16Less("😀", "😁"));
}

}  // namespace
}  // namespace pavane::rules
