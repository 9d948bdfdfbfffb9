#include "clients/cli/dead_letter_filter.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "clients/cli/status.h"
#include "clients/cli/timestamp.h"

namespace pavane::cli {
namespace {

using ::pavane::admin::v1::DeadLetterFilter;
using ::testing::HasSubstr;

TEST(DeadLetterFilter, TakesReasonsInBothSpellings) {
  EXPECT_EQ(*ParseFailureReason("rejected"), pavane::admin::v1::REJECTED);
  EXPECT_EQ(*ParseFailureReason("retries-exhausted"), pavane::admin::v1::RETRIES_EXHAUSTED);
  EXPECT_EQ(*ParseFailureReason("RETRIES_EXHAUSTED"), pavane::admin::v1::RETRIES_EXHAUSTED);
}

TEST(DeadLetterFilter, RefusesUnknownReasonsAndListsTheKnown) {
  for (const char* text : {"", "lost", "failure-reason-unspecified"}) {
    const auto reason = ParseFailureReason(text);
    ASSERT_FALSE(reason.ok()) << text;
    EXPECT_EQ(ExitCodeOf(reason.status()), kExitUsage);
    EXPECT_THAT(std::string(reason.status().message()), HasSubstr("age-exceeded"));
  }
}

// Reads `arguments` as a command's; what CLI11 throws fails the test.
DeadLetterFilterOptions Read(std::vector<std::string> arguments) {
  DeadLetterFilterOptions options;
  CLI::App app;
  AddFilterOptions(&app, &options);
  std::reverse(arguments.begin(), arguments.end());
  app.parse(arguments);
  return options;
}

TEST(DeadLetterFilter, CarriesEveryOptionToTheBroker) {
  const DeadLetterFilterOptions options =
      Read({"--bus",    "b",          "--rule",           "r/x",
            "--target", "t",          "--target-address", "service:s",
            "--code",   "E_CODE",     "--reason",         "age-exceeded",
            "--type",   "T",          "--correlation",    "c",
            "--since",  "2026-11-23", "--until",          "2026-11-24T00:00:00Z"});
  const DeadLetterFilter filter = options.ToProto();
  EXPECT_FALSE(options.empty());
  EXPECT_EQ(filter.bus(), "b");
  EXPECT_EQ(filter.rule(), "r/x");
  EXPECT_EQ(filter.target(), "t");
  EXPECT_EQ(filter.target_address(), "service:s");
  EXPECT_EQ(filter.error_code(), "E_CODE");
  EXPECT_EQ(filter.reason(), pavane::admin::v1::AGE_EXCEEDED);
  EXPECT_EQ(filter.event_type(), "T");
  EXPECT_EQ(filter.correlation_id(), "c");
  EXPECT_EQ(filter.until().seconds() - filter.since().seconds(), 86400);
}

TEST(DeadLetterFilter, IsEmptyWithoutOptions) {
  const DeadLetterFilterOptions options = Read({});
  EXPECT_TRUE(options.empty());
  EXPECT_EQ(options.ToProto().SerializeAsString(), "");
}

TEST(DeadLetterFilter, NoSingleOptionIsTakenForNone) {
  for (const char* name :
       {"--bus", "--rule", "--target", "--target-address", "--code", "--type", "--correlation"}) {
    EXPECT_FALSE(Read({name, "x"}).empty()) << name;
  }
  EXPECT_FALSE(Read({"--reason", "rejected"}).empty());
  EXPECT_FALSE(Read({"--since", "1h"}).empty());
  EXPECT_FALSE(Read({"--until", "1h"}).empty());
}

TEST(DeadLetterFilter, BadValuesAreErrorsOfTheCommandLine) {
  EXPECT_THROW(Read({"--reason", "lost"}), CLI::ValidationError);
  EXPECT_THROW(Read({"--since", "soon"}), CLI::ValidationError);
}

}  // namespace
}  // namespace pavane::cli
