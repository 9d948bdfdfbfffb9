#include "rules/number.h"

#include <cmath>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace pavane::rules {
namespace {

TEST(ComparableNumber, ReadsEverySpellingOfOneNumberAsThatNumber) {
  for (const char* text :
       {"300", "300.0", "3.0e2", "30000e-2", "3E+2", "0.3e3", "300.000000000000000000"}) {
    EXPECT_EQ(ComparableNumber(text), 300.0) << text;
  }
  for (const char* text : {"0", "-0", "0.0", "-0e99999999999999999999", "0.000e-5"}) {
    EXPECT_EQ(ComparableNumber(text), 0.0) << text;
  }
}

TEST(PlainNumber, ReadsUpToFifteenDigitsAsTheyAreWritten) {
  EXPECT_EQ(PlainNumber("0"), 0.0);
  EXPECT_EQ(PlainNumber("-0.00"), 0.0);
  EXPECT_FALSE(std::signbit(*PlainNumber("-0")));
  EXPECT_EQ(PlainNumber("-12.5"), -12.5);
  EXPECT_EQ(PlainNumber("0.1"), 0.1);
  EXPECT_EQ(PlainNumber("999999999999999"), 999999999999999.0);
  EXPECT_EQ(PlainNumber("-999999999999999"), -999999999999999.0);
  EXPECT_EQ(PlainNumber("-1.23456789012345"), -1.23456789012345);
  EXPECT_EQ(PlainNumber("0.00000000000001"), 0.00000000000001);
}

TEST(PlainNumber, LeavesOtherSpellingsAlone) {
  for (const char* text :
       {"1e2", "1E2", "1.5e0", "1000000000000000", "-1000000000000000", "0.000000000000001"}) {
    EXPECT_EQ(PlainNumber(text), std::nullopt) << text;
    EXPECT_NE(ComparableNumber(text), std::nullopt) << text;
  }
}

TEST(ComparableNumber, TakesShortestSpellingsOnly) {
  EXPECT_EQ(ComparableNumber("-122.42916360922355"), -122.42916360922355);
  EXPECT_EQ(ComparableNumber("9007199254740992"), 9007199254740992.0);
  EXPECT_EQ(ComparableNumber("1.7976931348623157e308"), 1.7976931348623157e308);
  EXPECT_EQ(ComparableNumber("9.143439314007779E17"), 9.143439314007779E17);
  EXPECT_EQ(ComparableNumber("123456789012345e-300"), 123456789012345e-300);
  for (const char* text : {"0.1234567890123456789", "9007199254740993", "12345678901234567890",
                           "3.1415926535897932", "37.807807921694092", "9.1434393140077786E17"}) {
    EXPECT_EQ(ComparableNumber(text), std::nullopt) << text;
  }
}

TEST(ComparableNumber, RefusesWhatNoDoubleIs) {
  for (const char* text : {"1e400", "-1e400", "1e-400", "1e99999999999999999999",
                           "1e-99999999999999999999", "1.8e308"}) {
    EXPECT_EQ(ComparableNumber(text), std::nullopt) << text;
  }
}

TEST(ComparableNumber, WritesTheSmallestNumbersWithTwoDigitsAsJavaDoes) {
  EXPECT_EQ(ComparableNumber("4.9e-324"), 4.9e-324);
  EXPECT_EQ(ComparableNumber("5e-324"), std::nullopt);
}

TEST(ComparableNumber, ReadsNumbersOfAnyLength) {
  const std::string zeros(100'000, '0');
  EXPECT_EQ(ComparableNumber("1." + zeros), 1.0);
  EXPECT_EQ(ComparableNumber("0." + zeros + "1e100001"), 1.0);
  EXPECT_EQ(ComparableNumber("1" + zeros + "e-100000"), 1.0);
  EXPECT_EQ(ComparableNumber("1" + zeros), std::nullopt);
  EXPECT_EQ(ComparableNumber(std::string(100'000, '7')), std::nullopt);
}

}  // namespace
}  // namespace pavane::rules
