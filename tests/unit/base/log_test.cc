#include "base/log.h"

#include <simdjson.h>

#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/ids.h"
#include "base/log_line.h"

namespace pavane {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override { ConfigureLog({}); }

  void Configure(LogLevel level, LogFormat format) {
    ConfigureLog({level, format, [this](absl::string_view line) { lines_.emplace_back(line); }});
  }

  std::vector<std::string> lines_;
};

LogRecord Record(absl::string_view message, absl::Span<const LogField> fields = {}) {
  return {absl::FromUnixMicros(1'700'000'001'000'500), LogLevel::kWarning, message, fields};
}

TEST_F(LogTest, FormatsArguments) {
  Configure(LogLevel::kInfo, LogFormat::kText);
  LOG_INFO("opened {} buses in {}", 3, absl::string_view("data"));
  EXPECT_THAT(lines_, ElementsAre(EndsWith("Z INFO opened 3 buses in data")));
}

TEST_F(LogTest, CarriesFields) {
  Configure(LogLevel::kInfo, LogFormat::kText);
  LOG_ERROR("late settlement", {{"delivery", "d 7"}, {"attempt", Attempt(3)}, {"again", true}});
  EXPECT_THAT(
      lines_,
      ElementsAre(EndsWith("Z ERROR late settlement delivery=\"d 7\" attempt=3 again=true")));
}

TEST_F(LogTest, LevelSwitchesRecordsAndTheirArgumentsOff) {
  Configure(LogLevel::kWarning, LogFormat::kText);
  int evaluated = 0;
  LOG_DEBUG("{}", ++evaluated);
  LOG_INFO("{}", ++evaluated);
  LOG_WARNING("{}", ++evaluated);
  EXPECT_EQ(evaluated, 1);
  EXPECT_THAT(lines_, ElementsAre(EndsWith("WARNING 1")));
}

TEST_F(LogTest, FormatIsSelectableAtRunTime) {
  Configure(LogLevel::kInfo, LogFormat::kText);
  LOG_INFO("one");
  Configure(LogLevel::kInfo, LogFormat::kJson);
  LOG_INFO("two");
  EXPECT_THAT(lines_, ElementsAre(EndsWith(" one"), EndsWith("\"message\":\"two\"}")));
}

TEST_F(LogTest, BracesInAMessageWithFieldsAreNotAFormat) {
  Configure(LogLevel::kInfo, LogFormat::kText);
  LOG_INFO("pattern {} odd", {{"rule", "r"}});
  EXPECT_THAT(lines_, ElementsAre(EndsWith("pattern {} odd rule=r")));
}

TEST(LogLine, TextIsOneLineWhateverTheBytes) {
  const std::vector<LogField> fields = {{"key", "a\nb\"c"}, {"empty", ""}};
  EXPECT_EQ(
      TextLine(Record("two\nlines\x1b[0m", fields)),
      "2023-11-14T22:13:21.000500Z WARNING two\\nlines\\x1b[0m key=\"a\\nb\\\"c\" empty=\"\"");
}

TEST(LogLine, JsonParsesWhateverTheBytes) {
  const std::vector<LogField> fields = {
      {"bus", "a\"b\\c\n"},
      {"sequence", Sequence(7)},
      {"bad utf8", absl::string_view("\xff\xfe")},
      {"ratio", std::numeric_limits<double>::infinity()},
      {"error", absl::NotFoundError("rule x")},
      {"wait", absl::Seconds(90)},
  };
  const std::string line = JsonLine(Record("say \"hi\"\n", fields));
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  ASSERT_FALSE(parser.parse(line).get(object)) << line;
  EXPECT_EQ(std::string_view(object["time"]), "2023-11-14T22:13:21.000500Z");
  EXPECT_EQ(std::string_view(object["level"]), "warning");
  EXPECT_EQ(std::string_view(object["message"]), "say \"hi\"\n");
  EXPECT_EQ(std::string_view(object["bus"]), "a\"b\\c\n");
  EXPECT_EQ(uint64_t(object["sequence"]), 7u);
  EXPECT_EQ(std::string_view(object["bad utf8"]), "\\xff\\xfe");
  EXPECT_EQ(std::string_view(object["ratio"]), "inf");
  EXPECT_EQ(std::string_view(object["error"]), "NOT_FOUND: rule x");
  EXPECT_EQ(std::string_view(object["wait"]), "1m30s");
}

TEST(Log, ParsesItsOptions) {
  EXPECT_EQ(ParseLogLevel("warning"), LogLevel::kWarning);
  EXPECT_EQ(ParseLogLevel("loud"), std::nullopt);
  EXPECT_EQ(ParseLogFormat("json"), LogFormat::kJson);
  EXPECT_EQ(ParseLogFormat("xml"), std::nullopt);
}

}  // namespace
}  // namespace pavane
