#include "rules/matcher.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "event/json.h"
#include "rules/pattern.h"
#include "rules/reference_interpreter.h"
#include "rules/rule_set.h"
#include "tests/support/status_matchers.h"

namespace pavane::rules {
namespace {

using ::pavane::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// An event's text, validated and padded.
class TestEvent {
 public:
  explicit TestEvent(const std::string& json) : text_(json) {
    const auto shape = event::ValidateJson(json);
    EXPECT_TRUE(shape.ok()) << json;
    text_.append(event::kJsonPadding, ' ');
    view_ = event::EventView::FromJson(absl::string_view(text_).substr(0, json.size()),
                                       shape->distinct_paths);
  }
  const event::EventView& view() const { return view_; }

 private:
  std::string text_;
  event::EventView view_;
};

std::vector<RuleEntry> Rules(const std::vector<std::string>& patterns) {
  std::vector<RuleEntry> rules;
  for (const std::string& text : patterns) {
    const auto pattern = Pattern::Parse(text);
    EXPECT_TRUE(pattern.ok()) << text << ": " << pattern.status();
    rules.push_back({rules.size() + 1, *pattern});
  }
  return rules;
}

std::vector<RuleId> Matched(const std::vector<std::string>& patterns, const std::string& json) {
  const TestEvent event(json);
  std::vector<RuleId> matched;
  EXPECT_OK(Matcher::Build(Rules(patterns))->Match(event.view(), &matched));
  for (size_t i = 0; i < patterns.size(); ++i) {
    const auto pattern = Pattern::Parse(patterns[i]);
    const bool found = std::find(matched.begin(), matched.end(), i + 1) != matched.end();
    EXPECT_EQ(*Interpret(**pattern, event.view()), found) << patterns[i] << " on " << json;
  }
  return matched;
}

TEST(Matcher, WithoutRulesMatchesNothing) { EXPECT_THAT(Matched({}, R"({"a":1})"), IsEmpty()); }

// The places where the language's reference is wrong, and Pavane is not.
TEST(Matcher, KeepsAddressFamiliesAndNumbersOutOfBlocks) {
  EXPECT_THAT(Matched({R"({"a":[{"cidr":"10.0.0.0/24"}]})"}, R"({"a":"a00:1::1"})"), IsEmpty());
  EXPECT_THAT(Matched({R"({"a":[{"cidr":"::/0"}]})"}, R"({"a":"16.0.0.1"})"), IsEmpty());
  EXPECT_THAT(Matched({R"({"a":[{"cidr":"0.0.0.0/0"}]})"}, R"({"a":5})"), IsEmpty());
}

TEST(Matcher, IgnoresCaseBeyondTheBasicPlane) {
  EXPECT_THAT(Matched({R"({"a":[{"equals-ignore-case":"😀"}]})"}, R"({"a":"😀"})"), ElementsAre(1));
  EXPECT_THAT(Matched({R"({"a":[{"equals-ignore-case":"😀"}]})"}, R"({"a":"??"})"), IsEmpty());
}

TEST(Matcher, TakesAQuoteForAnOrdinaryCharacter) {
  EXPECT_THAT(Matched({R"({"a":[{"suffix":"\""}]})", R"({"a":[{"prefix":"\""}]})"}, R"({"a":""})"),
              IsEmpty());
}

TEST(Matcher, TakesAnEmptyNameForAStep) {
  EXPECT_THAT(
      Matched({R"({"a":{"":[1]}})", R"({"":{"a":[1]}})", R"({"":[1]})"}, R"({"a":{"":1},"":1})"),
      ElementsAre(1, 3));
  EXPECT_THAT(Matched({R"({"":{"a":[1]}})"}, R"({"a":1})"), IsEmpty());
}

TEST(Matcher, KeepsEveryBranchOfOr) {
  EXPECT_THAT(Matched({R"({"$or":[{"a":["x"]},{"a":["x","y"]}]})"}, R"({"a":"y"})"),
              ElementsAre(1));
}

TEST(Matcher, SeesValuesOutsideAnArrayAtThePathOfOnesInside) {
  EXPECT_THAT(Matched({R"({"a":{"b":[1],"k":[2]}})"}, R"({"a":[{"b":1,"k":5}],"a.k":2})"),
              ElementsAre(1));
}

TEST(Matcher, NamesARuleOnceWhicheverOfFewOrManyValuesPass) {
  const std::vector<std::string> patterns = {
      R"({"a":[{"prefix":"x"}]})", R"({"a":[{"suffix":"2"}]})", R"({"a":[{"prefix":"y"}]})"};
  EXPECT_THAT(Matched(patterns, R"({"a":["x1","x2","x3","z2"]})"), ElementsAre(1, 2));
  EXPECT_THAT(Matched(patterns, R"({"a":["x1","x2","x3","z2","y"]})"), ElementsAre(1, 2, 3));
}

TEST(Matcher, TiesFieldsOfOneArrayToOneElement) {
  const std::string rule = R"({"a":{"b":[1],"c":[2]}})";
  EXPECT_THAT(Matched({rule}, R"({"a":[{"b":1,"c":2}]})"), ElementsAre(1));
  EXPECT_THAT(Matched({rule}, R"({"a":[{"b":1},{"c":2}]})"), IsEmpty());
  EXPECT_THAT(Matched({rule}, R"({"a":[{"b":1,"c":3},{"b":3,"c":2},{"b":1,"c":2}]})"),
              ElementsAre(1));
}

TEST(Matcher, JudgesAbsenceWhenItsTurnComes) {
  EXPECT_THAT(
      Matched({R"({"l":{"b":[1],"z":[{"exists":false}]}})"}, R"({"l":[{"b":1},{"b":2,"z":3}]})"),
      ElementsAre(1));
  EXPECT_THAT(
      Matched({R"({"l":{"a":[{"exists":false}],"b":[1]}})"}, R"({"l":[{"b":1},{"b":2,"a":3}]})"),
      IsEmpty());
}

TEST(Matcher, ReadsMembersAndRootAlike) {
  const std::vector<RuleEntry> rules =
      Rules({R"({"source":["s"],"detail":{"n":[{"numeric":[">",1]}]},"count":[5],"flag":[true]})",
             R"({"source":["t"]})", R"({"list":["x"]})", R"({"five":[5]})"});
  std::string detail = R"({"n":2})";
  std::string list = R"(["y","x"])";
  std::string five = "5";
  for (std::string* text : {&detail, &list, &five}) text->append(event::kJsonPadding, '7');
  using Member = event::EventView::Member;
  const std::vector<Member> members = {
      Member::String("source", "s"),
      Member::Integer("count", 5),
      Member::Boolean("flag", true),
      Member::Json("detail", absl::string_view(detail).substr(0, 7)),
      Member::Json("list", absl::string_view(list).substr(0, 9)),
      Member::Json("five", absl::string_view(five).substr(0, 1))};
  for (bool distinct : {false, true}) {
    std::vector<RuleId> matched;
    EXPECT_OK(Matcher::Build(rules)->Match(event::EventView(members, distinct), &matched));
    EXPECT_THAT(matched, ElementsAre(1, 3, 4));
  }
}

// Ten arrays at one path, each with fields that are wanted from elements of different arrays: the
// search multiplies.
std::string Hostile() {
  std::string arrays;
  for (int array = 0; array < 12; ++array) {
    absl::StrAppend(&arrays, array == 0 ? "" : ",", "[");
    for (int element = 0; element < 12; ++element) {
      absl::StrAppend(&arrays, element == 0 ? "" : ",", "{\"f", element,
                      "\":1,\"z\":", element == array ? 1 : 2, "}");
    }
    absl::StrAppend(&arrays, "]");
  }
  return absl::StrCat("{\"a\":[", arrays, "]}");
}

std::string HostileRule() {
  std::string fields;
  for (int i = 0; i < 12; ++i) absl::StrAppend(&fields, "\"f", i, "\":[1],");
  return absl::StrCat("{\"a\":{", fields, "\"z\":[3,1]}}");
}

TEST(Matcher, RefusesWhatExceedsItsWorkBudgetInsteadOfGuessing) {
  const TestEvent event(R"({"o":[)" + Hostile() + "," + Hostile() + "]}");
  const std::string rule = R"({"o":)" + HostileRule() + "}";
  const auto pattern = Pattern::Parse(rule);
  ASSERT_OK(pattern);
  MatcherOptions options;
  options.steps_max = 50;
  std::vector<RuleId> matched = {7};
  const auto matcher = Matcher::Build(std::vector<RuleEntry>{{1, *pattern}}, options);
  EXPECT_THAT(matcher->Match(event.view(), &matched),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(matched, IsEmpty());
  EXPECT_THAT(Interpret(**pattern, event.view(), options),
              StatusIs(absl::StatusCode::kResourceExhausted));
  const absl::flat_hash_set<RuleId> without = {1};
  EXPECT_OK(matcher->Match(event.view(), &matched, &without));
}

TEST(Matcher, SpendsTheSameStepsAsTheReferenceInterpreter) {
  const TestEvent event(R"({"o":[)" + Hostile() + "," + Hostile() + "]}");
  const auto pattern = Pattern::Parse(R"({"o":)" + HostileRule() + "}");
  ASSERT_OK(pattern);
  int refused = 0;
  for (uint64_t steps = 1; steps < 4'000; steps += 7) {
    MatcherOptions options;
    options.steps_max = steps;
    std::vector<RuleId> matched;
    const absl::Status status = Matcher::Build(std::vector<RuleEntry>{{1, *pattern}}, options)
                                    ->Match(event.view(), &matched);
    ASSERT_EQ(status.ok(), Interpret(**pattern, event.view(), options).ok()) << steps;
    refused += status.ok() ? 0 : 1;
  }
  EXPECT_GT(refused, 0);
}

TEST(Matcher, KeepsTheIndexOfAnOrProductWithALongListSmall) {
  std::string text = "{\"z\":[0";
  for (int i = 1; i < 700; ++i) absl::StrAppend(&text, ",", i);
  text += "]";
  for (const char* name : {"a", "b", "c"}) {
    absl::StrAppend(&text, ",\"$or\":[");
    for (int i = 0; i < 10; ++i) {
      absl::StrAppend(&text, i == 0 ? "" : ",", "{\"", name, "\":[{\"prefix\":\"", i, "\"}]}");
    }
    text += "]";
  }
  const auto pattern = Pattern::Parse(text + "}");
  ASSERT_OK(pattern);
  ASSERT_EQ((*pattern)->conjunctions().size(), 1000u);
  const auto matcher = Matcher::Build(std::vector<RuleEntry>{{1, *pattern}});
  EXPECT_LT(matcher->MemoryBytes(), 1u << 20);
  const TestEvent event(R"({"z":699,"a":"7x","b":"0","c":"9"})");
  std::vector<RuleId> matched;
  EXPECT_OK(matcher->Match(event.view(), &matched));
  EXPECT_THAT(matched, ElementsAre(1));
}

// What shallow values alone rule out or prove is not looked for in the rest of the event.
TEST(Matcher, KnowsWhenTheTopOfTheEventIsEnough) {
  std::vector<std::string> texts;
  for (int i = 0; i < 40; ++i) {
    texts.push_back(
        absl::StrCat(R"({"s":[")", i % 4, R"("],"t":[")", i / 4, R"("],"d":{"x":[1]}})"));
    texts.push_back(absl::StrCat(R"({"s":[")", i % 4, R"("],"t":[")", i / 4, R"("]})"));
    texts.push_back(absl::StrCat(R"({"s":[")", i % 4, R"("],"t":[{"prefix":")", i / 4, R"("}]})"));
  }
  const auto matcher = Matcher::Build(Rules(texts));
  const auto matched = [&](const std::string& json) {
    const TestEvent event(json);
    std::vector<RuleId> ids;
    EXPECT_OK(matcher->Match(event.view(), &ids));
    return ids;
  };
  EXPECT_THAT(matched(R"({"s":"2","t":"1","d":{"x":1}})"), ElementsAre(19, 20, 21));
  EXPECT_THAT(matched(R"({"d":{"x":2},"t":"1","s":"2"})"), ElementsAre(20, 21));
  EXPECT_THAT(matched(R"({"s":"2","d":{"x":1},"t":"12"})"), ElementsAre(21));
  EXPECT_THAT(matched(R"({"s":"5","d":{"x":1},"t":"1"})"), IsEmpty());
}

TEST(Matcher, JoinsLongArraysInLinearWork) {
  std::string items;
  for (int i = 0; i < 20'000; ++i) {
    absl::StrAppend(&items, i == 0 ? "" : ",",
                    i % 2 == 0 ? R"({"a":1,"b":2})" : R"({"a":2,"b":1})");
  }
  const TestEvent event("{\"l\":[" + items + "]}");
  std::vector<RuleId> matched;
  EXPECT_OK(Matcher::Build(Rules({R"({"l":{"a":[1],"b":[1]}})", R"({"l":{"a":[2],"b":[1]}})"}))
                ->Match(event.view(), &matched));
  EXPECT_THAT(matched, ElementsAre(2));
}

TEST(Matcher, AllRulesTogetherHaveABoundOfWork) {
  std::vector<std::string> patterns;
  std::string values;
  for (int i = 0; i < 50; ++i) {
    patterns.push_back(absl::StrCat(R"({"a":[{"prefix":"x)", i, R"("}]})"));
    absl::StrAppend(&values, i == 0 ? "" : ",", "\"y\"");
  }
  patterns.push_back(R"({"b":[{"wildcard":"*x*"}]})");
  const auto status = [&](const std::string& json, uint64_t work_max) {
    const TestEvent event(json);
    std::vector<RuleId> matched = {1};
    const absl::Status judged =
        Matcher::Build(Rules(patterns), {.work_max = work_max})->Match(event.view(), &matched);
    EXPECT_THAT(matched, IsEmpty());
    return judged;
  };
  const std::string many = absl::StrCat("{\"a\":[", values, "]}");
  EXPECT_OK(status(many, 2'501));
  EXPECT_THAT(status(many, 2'500), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(Matcher::RuleOf(status(many, 2'500)), std::nullopt);
  const std::string text = absl::StrCat("{\"b\":\"", std::string(4'000, 'y'), "\"}");
  EXPECT_OK(status(text, 1'002));
  EXPECT_THAT(status(text, 1'001), StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST(Matcher, TellsWhichRuleIsTooComplex) {
  std::string elements;
  for (int i = 0; i < 20; ++i) absl::StrAppend(&elements, R"("a":[{"f":1},{"g":1}],)");
  const TestEvent event(absl::StrCat("{\"o\":{", elements, R"("a":[{"h":2}]}})"));
  const auto matcher =
      Matcher::Build(Rules({R"({"o":{"a":{"h":[2]}}})", R"({"o":{"a":{"f":[1],"g":[1],"h":[1]}}})",
                            R"({"o":{"a":{"f":[1],"g":[1],"h":[2]}}})"}),
                     {.steps_max = 2});
  std::vector<RuleId> matched;
  const absl::Status status = matcher->Match(event.view(), &matched);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(Matcher::RuleOf(status), std::optional<RuleId>(3));
  EXPECT_EQ(Matcher::RuleOf(absl::OkStatus()), std::nullopt);
}

std::vector<RuleId> Matched(const RuleSet& set, const std::string& json) {
  const TestEvent event(json);
  std::vector<RuleId> matched;
  EXPECT_OK(set.Match(event.view(), &matched));
  return matched;
}

TEST(RuleSet, PutsAndRemovesRulesInNewSnapshots) {
  const auto first = RuleSet::Build(Rules({R"({"a":[1]})", R"({"a":[1]})", R"({"a":[2]})"}));
  const auto second = first->With(std::vector<RuleEntry>{{9, *Pattern::Parse(R"({"a":[1]})")},
                                                         {2, *Pattern::Parse(R"({"a":[2]})")}},
                                  std::vector<RuleId>{1, 77});
  EXPECT_THAT(Matched(*first, R"({"a":1})"), ElementsAre(1, 2));
  EXPECT_THAT(Matched(*second, R"({"a":1})"), ElementsAre(9));
  EXPECT_THAT(Matched(*second, R"({"a":2})"), ElementsAre(2, 3));
  EXPECT_EQ(first->size(), 3u);
  EXPECT_EQ(second->size(), 3u);
}

// So many rules that a change is put into an overlay. 100, 200 and 300 match {"a":1}.
std::shared_ptr<const RuleSet> LargeSet() {
  std::vector<RuleEntry> rules;
  for (RuleId id = 1; id <= 300; ++id) {
    const char* pattern = id % 100 == 0 ? R"({"a":[1]})" : R"({"a":[2]})";
    rules.push_back({id, *Pattern::Parse(pattern)});
  }
  return RuleSet::Build(rules);
}

// An overlay takes what the base has read, if that names the same paths.
TEST(RuleSet, AnOverlayMatchesWithPathsOfTheBaseAndOthers) {
  std::vector<RuleEntry> rules;
  for (RuleId id = 1; id <= 300; ++id) {
    // The top of most events says that no rule of the base matches, so that the base stops there.
    const std::string type = std::to_string(id);
    rules.push_back(
        {id, *Pattern::Parse(R"({"t":[")" + type + R"("],"d":{"n":[1],"l":{"m":[2]}}})")});
  }
  const auto base = RuleSet::Build(rules);
  const auto with = [&](const char* pattern) {
    return base->With(std::vector<RuleEntry>{{301, *Pattern::Parse(pattern)}});
  };
  const auto known = with(R"({"d":{"n":[{"numeric":[">",4]}]}})");
  EXPECT_THAT(Matched(*known, R"({"t":"x","d":{"n":5}})"), ElementsAre(301));
  EXPECT_THAT(Matched(*known, R"({"t":"7","d":{"n":1,"l":{"m":2}}})"), ElementsAre(7));
  EXPECT_THAT(Matched(*known, R"({"t":"7","d":{"n":[1,5],"l":[{"m":2}]}})"), ElementsAre(7, 301));
  EXPECT_THAT(Matched(*known, R"({"t":"x","d":{"n":"5"}})"), IsEmpty());
  const auto top = with(R"({"t":[{"prefix":"x"}]})");
  EXPECT_THAT(Matched(*top, R"({"t":"xy","d":{"n":5}})"), ElementsAre(301));
  const auto joined = with(R"({"d":{"n":[1],"l":{"m":[2]}}})");
  EXPECT_THAT(Matched(*joined, R"({"d":[{"n":1,"l":{"m":2}}]})"), ElementsAre(301));
  EXPECT_THAT(Matched(*joined, R"({"d":[{"n":1,"l":{"m":3}},{"n":2,"l":{"m":2}}]})"), IsEmpty());
  const auto other = with(R"({"d":{"o":[1]}})");
  EXPECT_THAT(Matched(*other, R"({"t":"7","d":{"o":1,"n":1,"l":{"m":2}}})"), ElementsAre(7, 301));
}

TEST(RuleSet, CarriesChangesOverToARebuiltBase) {
  const auto set = LargeSet()->With(std::vector<RuleEntry>{{301, *Pattern::Parse(R"({"a":[1]})")}},
                                    std::vector<RuleId>{100});
  EXPECT_TRUE(set->HasOverlay());
  EXPECT_THAT(Matched(*set, R"({"a":1})"), ElementsAre(200, 300, 301));
  const auto rebuilt = set->Rebuilt();
  EXPECT_FALSE(rebuilt->HasOverlay());
  EXPECT_THAT(Matched(*rebuilt, R"({"a":1})"), ElementsAre(200, 300, 301));
  const auto later = set->With(std::vector<RuleEntry>{{302, *Pattern::Parse(R"({"a":[1]})")}},
                               std::vector<RuleId>{200, 301});
  const auto rebased = later->Rebased(*rebuilt);
  ASSERT_NE(rebased, nullptr);
  EXPECT_THAT(Matched(*rebased, R"({"a":1})"), ElementsAre(300, 302));
  EXPECT_EQ(rebased->size(), 299u);
}

TEST(RuleSet, ASmallSetHasNoOverlayAndIgnoresAnOlderRebuild) {
  const auto set = RuleSet::Build(Rules({R"({"a":[1]})", R"({"a":[1]})"}));
  const auto rebuilt = set->Rebuilt();
  const auto later = set->With(std::vector<RuleEntry>{{3, *Pattern::Parse(R"({"a":[1]})")}},
                               std::vector<RuleId>{1});
  EXPECT_FALSE(later->HasOverlay());
  EXPECT_THAT(Matched(*later, R"({"a":1})"), ElementsAre(2, 3));
  EXPECT_EQ(later->Rebased(*rebuilt), nullptr);
}

}  // namespace
}  // namespace pavane::rules
