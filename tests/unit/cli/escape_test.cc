#include "clients/cli/escape.h"

#include <string>

#include "gtest/gtest.h"

namespace pavane::cli {
namespace {

TEST(Escape, LeavesOrdinaryTextAlone) {
  const std::string text = "Zürich → 東京 {\"a\": \"b\\\\c\"} 🛫";
  EXPECT_EQ(EscapeForTerminal(text), text);
}

TEST(Escape, ShowsWhatWouldSteerATerminal) {
  EXPECT_EQ(EscapeForTerminal("a\x1b[31mred\x1b[0m"), "a\\x1b[31mred\\x1b[0m");
  EXPECT_EQ(EscapeForTerminal("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(EscapeForTerminal(std::string("a\0b\x7f", 4)), "a\\x00b\\x7f");
  EXPECT_EQ(EscapeForTerminal("\xc2\x9b"
                              "31m"),
            "\\x9b31m")
      << "C1: CSI in one character";
  EXPECT_EQ(EscapeForTerminal("x\u202Egpj.exe"), "x\\u{202e}gpj.exe") << "text running backwards";
  EXPECT_EQ(EscapeForTerminal("a\u2028b"), "a\\u{2028}b");
}

TEST(Escape, ShowsBytesThatAreNotUtf8) {
  EXPECT_EQ(EscapeForTerminal("a\xff"
                              "b"),
            "a\\xffb");
  EXPECT_EQ(EscapeForTerminal("\xc3"), "\\xc3") << "cut short";
  EXPECT_EQ(EscapeForTerminal("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(EscapeForTerminal("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(EscapeForTerminal("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond Unicode";
}

TEST(Escape, CountsColumnsAsATerminalDoes) {
  EXPECT_EQ(DisplayWidth("abc"), 3u);
  EXPECT_EQ(DisplayWidth("Zürich"), 6u);
  EXPECT_EQ(DisplayWidth("東京"), 4u);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1u) << "combining accent";
}

}  // namespace
}  // namespace pavane::cli
