#include "event/json.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace pavane::event {
namespace {

using ::pavane::testing::IsOk;

TEST(ValidateJson, AcceptsStrictJsonOfAnyNumberSize) {
  for (const char* text :
       {"{}", "[]", "1", "\"\"", "null", " { \"a\" : [ 1 , -0.5e+3 , true ] }\r\n", "1e400",
        "-123456789012345678901234567890.000", "\"\\ud83d\"", "\"\\u00e9é😀\"", "{\"\":{\"\":1}}"}) {
    EXPECT_THAT(ValidateJson(text), IsOk()) << text;
  }
}

TEST(ValidateJson, RefusesEverythingElse) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[1,]",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{\"a\" 1}",
                           "{\"a\":}",
                           "[1 2]",
                           "01",
                           "-",
                           "+1",
                           "1.",
                           ".5",
                           "1e",
                           "1e+",
                           "tru",
                           "nulll",
                           "NaN",
                           "'a'",
                           "\"a",
                           "\"\\x\"",
                           "\"\\u12g4\"",
                           "\"\n\"",
                           "{} {}",
                           "[1]]",
                           "{\"a\":1]",
                           "/**/1",
                           "\"\xff\"",
                           "\"\xed\xa0\x80\"",
                           "\"\\"}) {
    EXPECT_FALSE(ValidateJson(text).ok()) << text;
  }
}

TEST(ValidateJson, TellsWhatKindOfValueItIs) {
  EXPECT_EQ(ValidateJson(" {}")->top, JsonShape::kObject);
  EXPECT_EQ(ValidateJson("[{}]")->top, JsonShape::kArray);
  EXPECT_EQ(ValidateJson("5")->top, JsonShape::kScalar);
}

TEST(ValidateJson, TellsWhetherPathsAreDistinct) {
  for (const char* text : {"{\"a\":{\"a\":1},\"b\":{\"a\":1}}", "[{\"a\":1},{\"a\":2}]", "5",
                           "{\"a\":\"b.c\",\"d\":\"\\u0041\"}"}) {
    EXPECT_TRUE(ValidateJson(text)->distinct_paths) << text;
  }
  std::string many = "{";
  for (int i = 0; i < 50; ++i) many += "\"name-" + std::to_string(i) + "\":{\"x\":1},";
  EXPECT_TRUE(ValidateJson(many + "\"z\":1}")->distinct_paths);
  EXPECT_FALSE(ValidateJson(many + "\"name-7\":1}")->distinct_paths);
  for (const char* text : {"{\"a\":1,\"a\":2}", "{\"x\":[{\"a\":1,\"b\":{},\"a\":2}]}",
                           "{\"a.b\":1}", "{\"\\u0061\":1}"}) {
    EXPECT_FALSE(ValidateJson(text)->distinct_paths) << text;
  }
}

TEST(ValidateJson, LimitsNestingAndNeedsNoStackForIt) {
  const std::string deep(1000, '[');
  EXPECT_THAT(ValidateJson(deep + std::string(1000, ']')), IsOk());
  EXPECT_FALSE(ValidateJson("[" + deep + std::string(1001, ']')).ok());
  EXPECT_FALSE(ValidateJson(std::string(1'000'000, '[')).ok());
}

}  // namespace
}  // namespace pavane::event
