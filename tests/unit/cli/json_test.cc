#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "clients/cli/json_value.h"
#include "clients/cli/yaml_reader.h"

namespace pavane::cli {
namespace {

using ::testing::HasSubstr;

TEST(Json, KeepsNumbersOrderAndRepeatedMembers) {
  const std::string text =
      R"({"z":1.50,"a":123456789012345678901,"a":-0.0,"e":1E+2,"l":[true,null,false,""]})";
  const auto json = ParseJson(text);
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->ToJson(), text);
}

TEST(Json, UndoesAndMakesEscapes) {
  const auto json = ParseJson(R"("a\u00e9\ud83d\uDEEB\n\/\"\\\u0007")");
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->text(), "aé🛫\n/\"\\\a");
  EXPECT_EQ(json->ToJson(), R"("aé🛫\n/\"\\\u0007")");
}

TEST(Json, NeverWritesWhatSteersATerminal) {
  EXPECT_EQ(JsonQuote("\x1b[0m\x7f\u009b\u202e"), R"("\u001b[0m\u007f\u009b\u202e")");
}

TEST(Json, RefusesWhatIsNotStrictJsonAndSaysWhere) {
  const struct {
    const char* text;
    const char* message;
  } kCases[] = {{"", "empty"},
                {"   \n", "empty"},
                {"{", "expected a name"},
                {"{\"a\":1,}", "expected a name"},
                {"[1,]", "expected a value"},
                {"[1 2]", "expected ',' or ']'"},
                {"{\"a\" 1}", "expected ':'"},
                {"{a:1}", "double quotes"},
                {"booking", "text needs double quotes"},
                {"01", "'01'"},
                {"1.", "'1.'"},
                {"+1", "'+1'"},
                {"NaN", "'NaN'"},
                {"\"a", "closing quote"},
                {"\"a\nb\"", "control character"},
                {"\"\\x\"", "escape"},
                {"\"\\u12\"", "escape"},
                {"\"\\ud800\"", "escape"},
                {"\"\\ud800\\u0041\"", "surrogate"},
                {"\"\\udc00\"", "surrogate"},
                {"\"\xff\"", "UTF-8"},
                {"1 2", "something follows"},
                {"{} x", "line 1, column 4"},
                {"{\n \"a\": x}", "line 2, column 7"}};
  for (const auto& c : kCases) {
    const auto json = ParseJson(c.text);
    ASSERT_FALSE(json.ok()) << c.text;
    EXPECT_THAT(std::string(json.status().message()), HasSubstr(c.message)) << c.text;
  }
}

TEST(Json, IsBoundedInDepth) {
  const std::string deepest = std::string(1000, '[') + std::string(1000, ']');
  ASSERT_TRUE(ParseJson(deepest).ok()) << "what the broker takes";
  const JsonValue copy = *ParseJson(deepest);
  EXPECT_EQ(copy.ToJson(), deepest);
  EXPECT_THAT(std::string(ParseJson(std::string(100'000, '[')).status().message()),
              HasSubstr("nested deeper than 1000 levels (line 1, column 1001)"));
}

TEST(Json, KnowsNumbers) {
  for (const char* text : {"0", "-1", "10", "1.5", "1e5", "1E-5", "-0.0"}) {
    EXPECT_TRUE(IsJsonNumber(text)) << text;
  }
  for (const char* text : {"", "-", "01", ".5", "1.", "1e", "0x1", "1 ", "--1", "1_000"}) {
    EXPECT_FALSE(IsJsonNumber(text)) << text;
  }
}

TEST(Yaml, IsReadByTheCoreSchema) {
  const auto yaml =
      ParseYaml("a: 1\nb: \"1\"\nc: yes\nd: true\ne: null\nf: 1.50\ng: [x, 'null', ~]\nh: 0x10\n");
  ASSERT_TRUE(yaml.ok()) << yaml.status();
  ASSERT_EQ(yaml->size(), 1u);
  EXPECT_EQ(
      yaml->front().ToJson(),
      R"({"a":1,"b":"1","c":"yes","d":true,"e":null,"f":1.50,"g":["x","null",null],"h":"0x10"})");
}

TEST(Yaml, HasSeveralDocuments) {
  const auto yaml = ParseYaml("a: 1\n---\nb: 2\n");
  ASSERT_TRUE(yaml.ok()) << yaml.status();
  EXPECT_EQ(yaml->size(), 2u);
}

TEST(Yaml, NamesTheLineOfAMistake) {
  const auto yaml = ParseYaml("a: 1\nb: [1\nc: 2\n");
  ASSERT_FALSE(yaml.ok());
  EXPECT_THAT(std::string(yaml.status().message()), HasSubstr("line "));
}

TEST(Yaml, IsBoundedInDepth) {
  EXPECT_TRUE(ParseYaml(std::string(400, '[') + std::string(400, ']')).ok());
  EXPECT_THAT(std::string(ParseYaml(std::string(2'000, '[')).status().message()),
              HasSubstr("nested deeper than 500 levels"));
}

TEST(Yaml, RefusesAliasesThatGrowWithoutEnd) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string n = std::to_string(i);
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + n + ": &a" + n + " [" + before;
    for (int j = 0; j < 9; ++j) text += ", " + before;
    text += "]\n";
  }
  EXPECT_FALSE(ParseYaml(text).ok());
}

}  // namespace
}  // namespace pavane::cli
