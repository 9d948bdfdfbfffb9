#include "rules/pattern.h"

#include <string>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace pavane::rules {
namespace {

using ::pavane::testing::IsOk;
using ::pavane::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

struct ErrorCase {
  const char* pattern;
  const char* message;
};

TEST(Pattern, SaysWhatIsWrongAndWhere) {
  const ErrorCase cases[] = {
      {"", "Filter is not an object at line 1 column 1"},
      {"[]", "Filter is not an object at line 1 column 1"},
      {"{}", "Empty objects are not allowed at line 1 column 1"},
      {"{\"a\":{}}", "Empty objects are not allowed at line 1 column 6"},
      {"{\"a\":[]}", "Empty arrays are not allowed at line 1 column 6"},
      {"{\"é\":5}", "\"é\" must be an object or an array at line 1 column 6"},
      {"{\"a\":[1,\n  [2]]}",
       "Match value must be String, number, true, false, or null at line 2 column 3"},
      {"{\"a\":[{}]}", "Match expression name not found"},
      {"{\"a\":[{\"nope\":1}]}",
       "Unrecognized match type nope at line 1 column 8; allowed here: exactly"},
      {"{\"a\":[{\"prefix\":\"a\",\"suffix\":\"b\"}]}", "Only one key allowed in match expression"},
      {"{\"a\":[{\"prefix\":5}]}", "prefix match pattern must be a string"},
      {"{\"a\":[{\"prefix\":{\"suffix\":\"a\"}}]}", "Unsupported prefix pattern: suffix"},
      {"{\"a\":[{\"exists\":null}]}", "exists match pattern must be either true or false."},
      {"{\"a\":[{\"wildcard\":\"a**\"}]}", "Consecutive wildcard characters at line 1 column 22"},
      {"{\"a\":[{\"anything-but\":[]}]}", "Empty arrays are not allowed"},
      {"{\"a\":[{\"anything-but\":[1,\"a\"]}]}", "mixed type is not supported"},
      {"{\"a\":[{\"anything-but\":{\"prefix\":[]}}]}", "Empty arrays are not allowed"},
      {"{\"a\":[{\"anything-but\":{\"numeric\":[\"=\",1]}}]}",
       "Unsupported anything-but pattern: numeric"},
      {"{\"a\":[{\"numeric\":[\">\",3,\"<\",3]}]}", "Bottom must be less than top"},
      {"{\"a\":[{\"numeric\":[\"<\",3,\">\",1]}]}", "Too many terms in numeric range expression"},
      {"{\"a\":[{\"numeric\":[\"=\",1e400]}]}", "Cannot compare number : 1e400"},
      {"{\"a\":[{\"cidr\":\"10.0.0.0/32\"}]}", "IPv4 mask bits must be < 32"},
      {"{\"a\":[{\"cidr\":\"10.0.0.0\"}]}", "Malformed CIDR, one '/' required"},
      {"{\"$or\":[{\"a\":[1]}]}", "There must have at least 2 Objects in $or relationship."},
      {"{\"$or\":[{\"a\":[1]},{\"b\":{\"prefix\":[1]}}]}", "prefix is Ruler reserved fieldName"},
      {"{\"a\":[1]} x", "Unexpected text after the pattern at line 1 column 11"},
      {"{\"a\":[01]}", "A number may not begin with 0"},
      {"{\"a\":[1,]}", "Unexpected character ']' at line 1 column 9; a string, a number, true"},
      {"{\"a\":[1", "Unexpected end of the pattern"},
      {"{\"a\":[\"\\x\"]}", "may follow '\\'"},
      {"{\"a\":[\"\xff\"]}", "not UTF-8"},
  };
  for (const ErrorCase& c : cases) {
    EXPECT_THAT(Pattern::Parse(c.pattern),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(c.message)))
        << c.pattern;
  }
}

TEST(Pattern, MultipliesOrBranchesOutAndLetsLaterFieldsReplaceEarlierOnes) {
  ASSERT_OK_AND_ASSIGN(const auto pattern,
                       Pattern::Parse(R"({"a":[1],"$or":[{"a":[2]},{"b":[3]}],"c":{"d":[4]}})"));
  ASSERT_EQ(pattern->conjunctions().size(), 2u);
  std::vector<std::string> texts;
  for (const Conjunction& conjunction : pattern->conjunctions()) {
    std::string text;
    for (uint32_t field : conjunction) {
      const PatternField& f = pattern->fields()[field];
      absl::StrAppend(&text, f.path, "=", f.tests[0].texts[0], " ");
    }
    texts.push_back(text);
  }
  EXPECT_THAT(texts, ::testing::ElementsAre("a=2 c.d=4 ", "a=1 b=3 c.d=4 "));
}

TEST(Pattern, ReadsOrAsAnOrdinaryNameWhereItCanMeanNothingElse) {
  for (const char* text :
       {R"({"$or":{"a":[1]}})", R"({"$or":["x"]})", R"({"$or":[{"prefix":"x"},{"suffix":"y"}]})"}) {
    ASSERT_OK_AND_ASSIGN(const auto pattern, Pattern::Parse(text));
    EXPECT_EQ(pattern->fields()[0].path.substr(0, 3), "$or") << text;
  }
  EXPECT_FALSE(Pattern::Parse(R"({"$or":[{"anything-but":{"wildcard":"x*"}}]})").ok());
}

TEST(Pattern, KeepsItsLimits) {
  const auto refused = [](const std::string& text, absl::string_view limit) {
    EXPECT_THAT(Pattern::Parse(text),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(std::string(limit))));
  };
  EXPECT_THAT(Pattern::Parse("{\"a\":[\"" + std::string(4086, 'x') + "\"]}"), IsOk());
  EXPECT_THAT(
      Pattern::Parse("{\"a\":[\"" + std::string(4087, 'x') + "\"]}").status(),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("longer than 4096 characters")));
  std::string wide = "{\"$or\":[";
  for (int i = 0; i < 11; ++i) absl::StrAppend(&wide, i == 0 ? "" : ",", "{\"a\":[", i, "]}");
  wide += "]";
  std::string product = wide;
  for (int i = 0; i < 2; ++i) absl::StrAppend(&product, ",", wide.substr(1));
  refused(product + "}", "more than 1000 combinations");
  std::string fields = "{";
  for (int i = 0; i < 257; ++i) absl::StrAppend(&fields, i == 0 ? "" : ",", "\"", i, "\":[1]");
  refused(fields + "}", "More than 256 fields");
  PatternOptions options;
  options.depth_max = 10;
  std::string deep;
  for (int i = 0; i < 10; ++i) deep += "{\"a\":";
  EXPECT_THAT(Pattern::Parse(deep + "[1]" + std::string(10, '}'), options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("deeper than 10")));
  options.length_max = 12;
  EXPECT_THAT(Pattern::Parse(R"({"a":["xx"]})", options), IsOk());
  EXPECT_THAT(Pattern::Parse(R"({"a":["xxx"]})", options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("longer than 12")));
}

TEST(Pattern, NestsAThousandDeepAndNoDeeper) {
  PatternOptions options;
  options.length_max = 100'000;
  const auto nested = [](int objects) {
    std::string text;
    for (int i = 0; i < objects; ++i) text += "{\"a\":";
    return text + "[1]" + std::string(objects, '}');
  };
  EXPECT_THAT(Pattern::Parse(nested(999), options), IsOk());
  EXPECT_THAT(Pattern::Parse(nested(1000), options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("deeper than 1000")));
  EXPECT_THAT(Pattern::Parse(std::string(90'000, '['), options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("deeper than 1000")));
}

TEST(Pattern, LimitsStarsOfAWildcard) {
  const auto pattern = [](size_t stars) {
    std::string text;
    for (size_t i = 0; i < stars; ++i) text += "a*";
    return Pattern::Parse("{\"a\":[{\"wildcard\":\"" + text + "\"}]}");
  };
  EXPECT_THAT(pattern(256), IsOk());
  EXPECT_THAT(pattern(257), StatusIs(absl::StatusCode::kInvalidArgument,
                                     HasSubstr("More than 256 wildcard characters")));
}

TEST(Pattern, ReadsNumbersOfAnyLengthAndKeepsTheLastOfRepeatedFields) {
  const std::string digits(4000, '7');
  const auto pattern = Pattern::Parse("{\"a\":[" + digits + "]}");
  ASSERT_THAT(pattern, IsOk());
  EXPECT_FALSE((*pattern)->fields()[0].tests[0].comparable);
  EXPECT_THAT(Pattern::Parse("{\"a\":[{\"numeric\":[\">\"," + digits + "]}]}"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("Cannot compare number")));
  const auto repeated = Pattern::Parse(R"({"a":[1],"a":[2]})");
  ASSERT_THAT(repeated, IsOk());
  ASSERT_EQ((*repeated)->conjunctions().size(), 1u);
  ASSERT_EQ((*repeated)->conjunctions()[0].size(), 1u);
  EXPECT_EQ((*repeated)->fields()[(*repeated)->conjunctions()[0][0]].tests[0].texts[0], "2");
}

TEST(Pattern, RemembersWhereThingsStand) {
  ASSERT_OK_AND_ASSIGN(const auto pattern,
                       Pattern::Parse(R"({"a": {"b": ["x", {"exists":true}]}})"));
  const PatternField& field = pattern->fields()[0];
  EXPECT_EQ(pattern->text().substr(field.offset, field.length), R"(["x", {"exists":true}])");
  const ValueTest& test = field.tests[1];
  EXPECT_EQ(pattern->text().substr(test.offset, test.length), R"({"exists":true})");
  const PatternNode& node = pattern->root().children[0].children[0];
  EXPECT_EQ(node.name, "b");
  EXPECT_EQ(node.kind, PatternNode::Kind::kField);
}

}  // namespace
}  // namespace pavane::rules
