#include "admin/names.h"

#include <string>

#include <gtest/gtest.h>

#include "event/reason.h"
#include "tests/support/status_matchers.h"

namespace pavane::admin {
namespace {

TEST(Names, HaveLettersDigitsAndSomePunctuation) {
  EXPECT_OK(CheckBusName("orders.eu-west_1"));
  EXPECT_OK(CheckRuleName("payment/on-order"));
  EXPECT_OK(CheckTargetId("t.1"));
  EXPECT_OK(CheckServiceName("payment"));
  for (const std::string name : {"", "two words", "a/b", "caf\xc3\xa9", "x\n"}) {
    EXPECT_EQ(event::ReasonOf(CheckBusName(name)), pavane::v1::INVALID_NAME) << name;
    EXPECT_FALSE(CheckTargetId(name).ok()) << name;
    EXPECT_FALSE(CheckServiceName(name).ok()) << name;
  }
}

TEST(Names, AreNotTheOneUnderWhichMetricsSum) {
  for (const auto check : {CheckBusName, CheckRuleName, CheckTargetId, CheckServiceName}) {
    EXPECT_EQ(event::ReasonOf(check("_other")), pavane::v1::INVALID_NAME);
    EXPECT_OK(check("_others"));
    EXPECT_OK(check("other"));
  }
}

TEST(Names, HaveALongestLength) {
  EXPECT_OK(CheckBusName(std::string(256, 'x')));
  EXPECT_FALSE(CheckBusName(std::string(257, 'x')).ok());
  EXPECT_OK(CheckTargetId(std::string(64, 'x')));
  EXPECT_FALSE(CheckTargetId(std::string(65, 'x')).ok());
  EXPECT_OK(CheckDescription(std::string(512, 'x')));
  EXPECT_FALSE(CheckDescription(std::string(513, 'x')).ok());
}

TEST(Names, TheWholeNameOfASessionsRuleFits) {
  // SERVICE/SESSION/NAME, each at its longest.
  EXPECT_OK(CheckServiceName(std::string(128, 's')));
  EXPECT_OK(CheckServiceRuleName(std::string(80, 'n')));
  EXPECT_OK(CheckRuleName(std::string(128 + 1 + 36 + 1 + 80, 'x')));
}

}  // namespace
}  // namespace pavane::admin
