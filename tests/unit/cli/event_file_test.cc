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

TEST(EventFile, NamesOnePlaceInTheFile) {
  const struct {
    const char* text;
    const char* place;
  } kCases[] = {{"{\"a\":1}\n\n{oops}\n", "(line 3, column 2)"},
                {"\n{oops}\n{\"a\":1}", "(line 2, column 2)"},
                {"[\n {\"a\":1},\n {oops}]", "(line 3, column 3)"},
                {"{\n \"a\":1,\n oops}", "(line 3, column 2)"}};
  for (const auto& c : kCases) {
    const auto events = ParseEventFile(c.text);
    ASSERT_FALSE(events.ok()) << c.text;
    const std::string message(events.status().message());
    EXPECT_THAT(message, HasSubstr(c.place)) << c.text;
    EXPECT_EQ(message.find("line"), message.rfind("line")) << message;
  }
}

TEST(EventFile, TellsCloudEventsFromEventsAsRulesSeeThem) {
  EXPECT_TRUE(IsCloudEvent(*ParseJson(R"({"specversion":"1.0","type":"T"})")));
  EXPECT_FALSE(IsCloudEvent(*ParseJson(R"({"detail-type":"T","source":"s"})")));
  EXPECT_FALSE(IsCloudEvent(*ParseJson(R"({"specversion":"1.0","detail-type":"T"})")))
      << "a rule sees specversion as well";
  EXPECT_TRUE(IsCloudEvent(*ParseJson(R"({"type":"T","data":{}})"))) << "publish takes it";
  EXPECT_TRUE(IsCloudEvent(*ParseJson(R"({"type":"T","data_base64":""})")));
  EXPECT_FALSE(IsCloudEvent(*ParseJson(R"({"type":"T","source":"s"})")));
  EXPECT_FALSE(IsCloudEvent(*ParseJson(R"({"type":"T","data":1,"detail":{}})")));
  EXPECT_FALSE(IsCloudEvent(*ParseJson("[1]")));
}

}  // namespace
}  // namespace pavane::cli
