#include "clients/cli/event_file.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pavane::cli {
namespace {

using ::testing::HasSubstr;

TEST(EventFile, IsOneEventAnArrayOrLines) {
  EXPECT_EQ(ParseEventFile("{\n\"a\":1\n}\n")->size(), 1u);
  EXPECT_EQ(ParseEventFile("[{\"a\":1},{\"a\":2}]")->size(), 2u);
  EXPECT_EQ(ParseEventFile("{\"a\":1}\n\n{\"a\":2}\n{\"a\":3}")->size(), 3u);
  EXPECT_EQ(ParseEventFile("\n")->size(), 0u);
}

TEST(EventFile, NamesTheBadLine) {
  const auto events = ParseEventFile("{\"a\":1}\n\n{oops}\n");
  ASSERT_FALSE(events.ok());
  EXPECT_THAT(std::string(events.status().message()), HasSubstr("line 3: "));
}

TEST(EventFile, TellsCloudEventsFromEventsAsRulesSeeThem) {
  EXPECT_TRUE(IsCloudEvent(*ParseJson(R"({"specversion":"1.0","type":"T"})")));
  EXPECT_FALSE(IsCloudEvent(*ParseJson(R"({"detail-type":"T","source":"s"})")));
  EXPECT_FALSE(IsCloudEvent(*ParseJson(R"({"specversion":"1.0","detail-type":"T"})")))
      << "a rule sees specversion as well";
  EXPECT_FALSE(IsCloudEvent(*ParseJson("[1]")));
}

}  // namespace
}  // namespace pavane::cli
