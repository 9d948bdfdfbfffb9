#include "rules/explain.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include <gtest/gtest.h>

#include "event/json.h"
#include "rules/reference_interpreter.h"
#include "tests/support/status_matchers.h"

namespace pavane::rules {
namespace {

using Kind = ExplainedNode::Kind;
using Verdict = Explanation::Verdict;

struct Explained {
  std::shared_ptr<const Pattern> pattern;
  Explanation explanation;
};

Explained ExplainTexts(const std::string& pattern, const std::string& event,
                       const ExplainOptions& options = {}) {
  auto parsed = Pattern::Parse(pattern);
  EXPECT_OK(parsed);
  const auto shape = event::ValidateJson(event);
  EXPECT_OK(shape);
  std::string padded = event;
  padded.append(event::kJsonPadding, ' ');
  const auto view = event::EventView::FromJson(absl::string_view(padded).substr(0, event.size()),
                                               shape->distinct_paths);
  auto explanation = Explain(**parsed, view, options);
  EXPECT_OK(explanation);
  const auto interpreted = Interpret(**parsed, view, options.matcher);
  EXPECT_EQ(explanation->verdict == Verdict::kTooComplex, !interpreted.ok());
  if (interpreted.ok()) {
    EXPECT_EQ(explanation->verdict == Verdict::kMatches, *interpreted);
  }
  EXPECT_EQ(explanation->root.passed, explanation->verdict == Verdict::kMatches);
  return {*std::move(parsed), *std::move(explanation)};
}

// The tree in a line: kinds, paths and tests, '+' or '-' before each, '~' for replaced fields.
std::string Tree(const ExplainedNode& node) {
  std::string out = node.replaced ? "~" : node.passed ? "+" : "-";
  switch (node.kind) {
    case Kind::kAll:
      absl::StrAppend(&out, "all");
      break;
    case Kind::kAny:
      absl::StrAppend(&out, "any");
      break;
    case Kind::kField:
      absl::StrAppend(&out, node.path);
      break;
    case Kind::kTest:
      absl::StrAppend(&out, node.test);
      break;
    case Kind::kSameElements:
      absl::StrAppend(&out, "elements:", node.path);
      break;
  }
  if (node.children.empty()) return out;
  return absl::StrCat(
      out, "(",
      absl::StrJoin(node.children, " ",
                    [](std::string* to, const ExplainedNode& child) { to->append(Tree(child)); }),
      ")");
}

// The words of the one field's nearest miss.
std::string WordsOf(const std::string& test, const std::string& value) {
  const std::string event = value.empty() ? "{}" : absl::StrCat("{\"a\":", value, "}");
  const Explained explained = ExplainTexts(absl::StrCat("{\"a\":[", test, "]}"), event);
  EXPECT_EQ(explained.explanation.verdict, Verdict::kDoesNotMatch) << test << value;
  const NearMiss& miss = explained.explanation.root.children[0].miss;
  return absl::StrCat(static_cast<int>(miss.kind), " ", miss.words);
}

TEST(Explain, ShowsThePatternAsWrittenWithWhatBecameOfEachPart) {
  const Explained explained = ExplainTexts(
      R"({"source":["shop"],"detail":{"total":[{"numeric":[">",100]}],"vip":[true,{"exists":false}]}})",
      R"({"source":"shop","detail":{"total":[99,7],"vip":true}})");
  EXPECT_EQ(Tree(explained.explanation.root),
            "-all(+source(+\"shop\") -all(-detail.total(-{\"numeric\":[\">\",100]}) "
            "+detail.vip(+true -{\"exists\":false})))");
  const ExplainedNode& detail = explained.explanation.root.children[1];
  EXPECT_EQ(detail.path, "detail");
  EXPECT_EQ(detail.children[0].values, (std::vector<std::string>{"99", "7"}));
  EXPECT_EQ(detail.children[0].miss.words, "99 is less than 100, by 1");
}

TEST(Explain, WordsForEachMiss) {
  EXPECT_EQ(WordsOf("\"gold\"", "\"Gold\""), "1 \"Gold\" differs in case");
  EXPECT_EQ(WordsOf("{\"prefix\":\"com.\"}", "\"Com.shop\""),
            "1 \"Com.shop\" begins so, but in another case");
  EXPECT_EQ(WordsOf("{\"suffix\":\".PNG\"}", "\"a.png\""),
            "1 \"a.png\" ends so, but in another case");
  EXPECT_EQ(WordsOf("\"gold\"", "\"gold \""), "2 \"gold \" differs in white space at its ends");
  EXPECT_EQ(WordsOf("{\"wildcard\":\"Com.*\"}", "\"com.shop\""), "1 \"com.shop\" differs in case");
  EXPECT_EQ(WordsOf("{\"wildcard\":\"*.Shop\"}", "\"com.shop\""), "1 \"com.shop\" differs in case");
  EXPECT_EQ(WordsOf("{\"wildcard\":\"*\\\\*É*\"}", "\"a*éb\""), "1 \"a*éb\" differs in case");
  EXPECT_EQ(WordsOf("5", "\"5\""), "3 \"5\" is a string, not a number");
  EXPECT_EQ(WordsOf("\"5\"", "5"), "3 5 is a number, not a string");
  EXPECT_EQ(WordsOf("true", "\"true\""), "3 \"true\" is a string, not a boolean");
  EXPECT_EQ(WordsOf("\"null\"", "null"), "3 null is null, not a string");
  EXPECT_EQ(WordsOf("{\"numeric\":[\">\",5]}", "\"7\""), "3 \"7\" is a string, not a number");
  EXPECT_EQ(WordsOf("\"Order Placed\"", "\"Order Placd\""),
            "4 \"Order Placd\" differs by 1 character");
  EXPECT_EQ(WordsOf("\"cafe\"", "\"café\""), "4 \"café\" differs by 1 character");
  EXPECT_EQ(WordsOf("\"東京\"", "\"大阪\""), "13 \"大阪\" is another text");
  EXPECT_EQ(WordsOf("{\"numeric\":[\">\",0,\"<=\",5]}", "5.5"), "5 5.5 is more than 5, by 0.5");
  EXPECT_EQ(WordsOf("{\"numeric\":[\"<\",100000.5]}", "100000.6"),
            "5 100000.6 is more than 100000.5, by 0.1");
  EXPECT_EQ(WordsOf("{\"numeric\":[\"<\",1e300]}", "2e300"),
            "5 2e300 is more than 1e+300, by 1e+300");
  EXPECT_EQ(WordsOf("{\"numeric\":[\">\",0]}", "0"),
            "5 0 is the bound, which does not belong to the range");
  EXPECT_EQ(WordsOf("{\"numeric\":[\"=\",3]}", "4"), "5 4 is more than 3, by 1");
  EXPECT_EQ(WordsOf("{\"cidr\":\"10.0.0.0/24\"}", "\"10.0.1.5\""),
            "6 \"10.0.1.5\" is outside the block: only 23 of 24 bits agree");
  EXPECT_EQ(WordsOf("{\"prefix\":\"com.shop\"}", "\"com.store\""),
            "7 \"com.store\" begins only with \"com.s\" of \"com.shop\"");
  EXPECT_EQ(WordsOf("{\"suffix\":\".json\"}", "\"a.bson\""),
            "7 \"a.bson\" ends only with \"son\" of \".json\"");
  EXPECT_EQ(WordsOf("{\"wildcard\":\"a*c*e\"}", "\"abd\""),
            "7 \"abd\" has no \"c\" after what fits");
  EXPECT_EQ(WordsOf("{\"wildcard\":\"*b\"}", "\"abc\""), "7 \"abc\" does not end with \"b\"");
  EXPECT_EQ(WordsOf("{\"anything-but\":[\"a\",\"b\"]}", "\"b\""), "8 \"b\" is excluded");
  EXPECT_EQ(WordsOf("{\"anything-but\":{\"prefix\":\"a\"}}", "\"abc\""),
            "8 \"abc\" begins with what is excluded");
  EXPECT_EQ(WordsOf("{\"anything-but\":{\"suffix\":\"c\"}}", "\"abc\""),
            "8 \"abc\" ends with what is excluded");
  EXPECT_EQ(WordsOf("{\"anything-but\":{\"wildcard\":\"a*\"}}", "\"abc\""),
            "8 \"abc\" fits what is excluded");
  EXPECT_EQ(WordsOf("{\"anything-but\":5}", "5.0"), "8 5.0 is excluded");
  EXPECT_EQ(WordsOf("{\"exists\":false}", "[7,8]"), "9 there is a value: 7");
  EXPECT_EQ(WordsOf("{\"numeric\":[\">\",5]}", "9007199254740993"),
            "10 9007199254740993 has more digits than can be compared");
  EXPECT_EQ(WordsOf("{\"cidr\":\"10.0.0.0/24\"}", "\"here\""), "11 \"here\" is no IP address");
  EXPECT_EQ(WordsOf("{\"cidr\":\"10.0.0.0/24\"}", "\"::1\""),
            "11 \"::1\" is an IPv6 address, the block is of IPv4");
  EXPECT_EQ(WordsOf("\"x\"", "5"), "12 5 is a number, not a string");
  EXPECT_EQ(WordsOf("{\"numeric\":[\">\",5]}", "null"), "12 null is null, not a number");
  EXPECT_EQ(WordsOf("\"gold\"", "\"silver\""), "13 \"silver\" is another text");
  EXPECT_EQ(WordsOf("\"10.0.0.1\"", "\"10.0.0.2\""), "13 \"10.0.0.2\" is another address");
  EXPECT_EQ(WordsOf("5", "6"), "13 6 is another number");
  EXPECT_EQ(WordsOf("true", "false"), "13 false is not true");
  EXPECT_EQ(WordsOf("{\"prefix\":\"b\"}", "\"abc\""), "13 \"abc\" begins otherwise");
  EXPECT_EQ(WordsOf("{\"suffix\":\"b\"}", "\"abc\""), "13 \"abc\" ends otherwise");
  EXPECT_EQ(WordsOf("{\"wildcard\":\"b*\"}", "\"abc\""), "13 \"abc\" does not begin with \"b\"");
  EXPECT_EQ(WordsOf("\"x\"", "{\"b\":1}"), "14 an object is there, no value");
  EXPECT_EQ(WordsOf("\"x\"", "[]"), "15 an empty array is there, no value");
  EXPECT_EQ(WordsOf("\"x\"", ""), "16 the field is absent");
}

TEST(Explain, TakesTheNearestOfSeveralValuesAndTests) {
  EXPECT_EQ(WordsOf("\"gold\",\"silver\"", "[5,\"bronze\",\"Silver\"]"),
            "1 \"Silver\" differs in case");
  EXPECT_EQ(WordsOf("\"5\"", "[[5],{\"b\":1}]"), "3 5 is a number, not a string");
}

TEST(Explain, SaysWhichElementOfAnArrayComesNearest) {
  const Explained explained =
      ExplainTexts(R"({"items":{"sku":["A"],"qty":[2],"color":["red"]}})",
                   R"({"items":[{"sku":"A","qty":1},7,{"sku":"A","qty":2,"color":"blue"},
                       {"color":"red"}]})");
  EXPECT_EQ(Tree(explained.explanation.root),
            "-all(+all(+items.sku(+\"A\") +items.qty(+2) +items.color(+\"red\")) -elements:items)");
  EXPECT_EQ(explained.explanation.root.children[1].miss.words,
            "array elements differ: element 3 passes items.sku, items.qty but not items.color, and "
            "no element passes all");
  // Both elements have both fields; the first one's b is another.
  const Explained failing =
      ExplainTexts(R"({"l":{"a":[1],"b":[2]}})", R"({"l":[{"a":1,"b":3},{"a":2,"b":2}]})");
  EXPECT_EQ(failing.explanation.root.children[1].miss.words,
            "array elements differ: element 1 passes l.a but not l.b, and no element passes all");
}

// The words for the only field of a pattern.
std::string WordsFor(const std::string& pattern, const std::string& event) {
  const ExplainedNode* node = nullptr;
  const Explained explained = ExplainTexts(pattern, event);
  for (node = &explained.explanation.root; node->kind != Kind::kField;) node = &node->children[0];
  EXPECT_EQ(node->miss.kind, Miss::kAbsent);
  return node->miss.words;
}

TEST(Explain, SaysWhatStandsNearAnAbsentField) {
  EXPECT_EQ(WordsFor(R"({"Source":["x"]})", R"({"source":"x"})"),
            "the field is absent, but source is there, which differs in case");
  EXPECT_EQ(WordsFor(R"({"d":{"orderId":[1]}})", R"({"D":{"orderid":[[1]]}})"),
            "the field is absent, but D.orderid is there, which differs in case");
  EXPECT_EQ(WordsFor(R"({"d":{"A":[1]}})", R"({"d":{"a":{"b":1}}})"),
            "the field is absent, but d.a is there, which differs in case");
  EXPECT_EQ(WordsFor(R"({"d":{"a":{"b":[1]}}})", R"({"d":"text"})"),
            "the field is absent: d is \"text\", no object");
  EXPECT_EQ(WordsFor(R"({"d":{"a":{"b":[1]}}})", R"({"d":{"a":[7,8]}})"),
            "the field is absent: d.a is 7, no object");
  EXPECT_EQ(WordsFor(R"({"d":{"a":[1]}})", R"({"d":[7,{"c":1}]})"), "the field is absent")
      << "an object is there, too";
  EXPECT_EQ(WordsFor(R"({"d":{"a":{"b":[1]}}})", R"({"d":{"c":1}})"), "the field is absent");
  EXPECT_EQ(WordsFor(R"({"a":[1]})", R"({"b":1})"), "the field is absent");
}

TEST(Explain, SaysThatSeveralArraysTogetherKeepFieldsApart) {
  // Each outer element has an inner one for two of the fields, never for all.
  const Explained explained =
      ExplainTexts(R"({"l":{"a":[1],"m":{"b":[1],"c":[1]}}})",
                   R"({"l":[{"a":1,"m":[{"b":1},{"c":1}]},{"a":2,"m":[{"b":1,"c":1}]}]})");
  EXPECT_EQ(Tree(explained.explanation.root),
            "-all(+all(+l.a(+1) +all(+l.m.b(+1) +l.m.c(+1))) -elements:)");
  EXPECT_EQ(
      explained.explanation.root.children[1].miss.words,
      "array elements differ: no choice of one element of each array passes all of l.a, l.m.b, "
      "l.m.c");
}

TEST(Explain, AFieldMayPassByBeingAbsentInTheElementThatOthersChose) {
  const std::string pattern = R"({"l":{"b":[1],"z":[{"exists":false}]}})";
  EXPECT_EQ(Tree(ExplainTexts(pattern, R"({"l":[{"b":1},{"b":2,"z":3}]})").explanation.root),
            "+all(+all(+l.b(+1) +l.z(+{\"exists\":false})))");
  EXPECT_EQ(Tree(ExplainTexts(pattern, R"({"l":[{"b":2},{"b":1,"z":3}]})").explanation.root),
            "-all(-all(+l.b(+1) -l.z(-{\"exists\":false})))");
}

TEST(Explain, BranchesAndReplacedFields) {
  EXPECT_EQ(Tree(ExplainTexts(R"({"$or":[{"a":[1]},{"b":[2],"c":[3]}]})", R"({"b":2,"c":4})")
                     .explanation.root),
            "-all(-any(-all(-a(-1)) -all(+b(+2) -c(-3))))");
  // The second array replaces the first one always.
  EXPECT_EQ(Tree(ExplainTexts(R"({"a":[1],"b":[2],"a":[3]})", R"({"a":3,"b":2})").explanation.root),
            "+all(~a(-1) +b(+2) +a(+3))");
  // In one branch only: shown multiplied out, what matches first.
  const Explained explained =
      ExplainTexts(R"({"a":[1],"$or":[{"a":[2],"q":[9]},{"b":[3]}]})", R"({"a":1,"b":3})");
  EXPECT_TRUE(explained.explanation.multiplied_out);
  EXPECT_EQ(Tree(explained.explanation.root), "+any(+all(+a(+1) +b(+3)) -all(-a(-2) -q(-9)))");
  EXPECT_EQ(
      Tree(ExplainTexts(R"({"a":[1],"$or":[{"a":[2],"q":[9]},{"b":[3]}]})", R"({"a":2,"b":3})")
               .explanation.root),
      "-any(-all(+a(+2) -q(-9)) -all(-a(-1) +b(+3)))");
}

TEST(Explain, KnowsWhenTheBudgetDoesNotSuffice) {
  ExplainOptions options;
  options.matcher.steps_max = 3;
  const Explained explained = ExplainTexts(R"({"l":{"a":[1],"b":[1]}})",
                                           R"({"l":[{"a":1},{"b":1},{"a":1,"b":1}]})", options);
  EXPECT_EQ(explained.explanation.verdict, Verdict::kTooComplex);
  EXPECT_EQ(explained.explanation.root.children.back().miss.kind, Miss::kTooComplex);
}

TEST(Explain, BoundsWhatItShowsAndDoes) {
  ExplainOptions options;
  options.values_max = 2;
  options.value_bytes_max = 4;
  Explained explained =
      ExplainTexts(R"({"a":["x"],"b":["x"]})", R"({"a":["123456","ééé",3],"b":12345})", options);
  const ExplainedNode& a = explained.explanation.root.children[0];
  EXPECT_EQ(a.values, (std::vector<std::string>{"\"1234\"...", "\"éé\"..."}));
  EXPECT_EQ(a.values_total, 3u);
  EXPECT_EQ(explained.explanation.root.children[1].values[0], "1234...");
  options.values_bytes_max = 5;
  explained = ExplainTexts(R"({"a":["x"],"b":["x"]})", R"({"a":1,"b":"22222222"})", options);
  EXPECT_EQ(explained.explanation.root.children[1].values.size(), 0u);
  EXPECT_EQ(explained.explanation.root.children[1].values_total, 1u);

  const auto pattern = Pattern::Parse(R"({"a":["x","y",{"anything-but":["v","w"]}]})");
  std::string event = R"({"a":[1,2,3]})";
  const size_t size = event.size();
  event.append(event::kJsonPadding, ' ');
  options.judgements_max = 11;  // three values by two tests and a list of two
  EXPECT_THAT(
      Explain(**pattern, event::EventView::FromJson(absl::string_view(event).substr(0, size)),
              options),
      ::pavane::testing::StatusIs(absl::StatusCode::kResourceExhausted,
                                  ::testing::HasSubstr("more than 11 tests of a value")));
}

TEST(Explain, HalvesOfSurrogatePairsBecomeText) {
  const Explained explained = ExplainTexts(R"({"a\ud83d":["x"]})", R"({"a\ud83d":"\ude00"})");
  const ExplainedNode& field = explained.explanation.root.children[0];
  EXPECT_EQ(field.path, "a\\ud83d");
  EXPECT_EQ(field.values[0], "\"\\ude00\"");
}

}  // namespace
}  // namespace pavane::rules
