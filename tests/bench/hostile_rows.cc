#include "tests/bench/hostile_rows.h"

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "base/check.h"
#include "event/json.h"
#include "rules/matcher.h"
#include "rules/pattern.h"
#include "tests/bench/bench_data.h"
#include "tests/bench/bench_rows.h"

namespace pavane::bench {
namespace {

using rules::Matcher;
using rules::Pattern;

std::string Repeated(absl::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out.append(text.data(), text.size());
  return out;
}

// `ors` members `$or` with ten branches each, of tests that cannot lead the way down the index.
std::string OrProduct(int ors) {
  std::string text;
  for (int i = 0; i < ors; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ",", "\"$or\":[");
    for (int branch = 0; branch < 10; ++branch) {
      absl::StrAppend(&text, branch == 0 ? "" : ",", "{\"", i, "\":[{\"prefix\":\"", branch,
                      "\"}]}");
    }
    text += "]";
  }
  return text;
}

// Adds how long one event takes against `patterns`, whether it is answered or found too complex.
void AddMatch(const std::string& name, const std::vector<std::string>& patterns,
              const std::string& event, double goal_ms) {
  const auto matcher = Matcher::Build(Parse(patterns));
  const Events events = MakeEvents({event});
  std::vector<rules::RuleId> matched;
  AddTimed(absl::StrCat("hostile/", name), goal_ms, [&] {
    const absl::Status status = matcher->Match(events.views[0], &matched);
    CHECK(status.ok() || absl::IsResourceExhausted(status)) << name;
  });
}

void AddPatterns() {
  const std::string refused = "{" + OrProduct(8) + "}";
  AddTimed("hostile/$or of 10^8, refused", 50, [&] { CHECK(!Pattern::Parse(refused).ok()); });
  const std::string deep = Repeated("[", 4000);
  AddTimed("hostile/nested 4,000 deep, refused", 50, [&] { CHECK(!Pattern::Parse(deep).ok()); });
  std::string list = "0";
  for (int i = 1; i < 700; ++i) absl::StrAppend(&list, ",", i);
  const auto product = Parse({absl::StrCat("{\"z\":[", list, "],", OrProduct(3), "}")});
  AddTimed("hostile/$or of 1,000 with a list of 700, built", 100, [&] { Matcher::Build(product); });
  AddFigure("hostile/$or of 1,000 with a list of 700", "bytes",
            static_cast<double>(Matcher::Build(product)->MemoryBytes()), 1 << 20);
  const auto steps = Parse({absl::StrCat("{\"", Repeated("a.", 2000), "a\":[1]}")});
  AddFigure("hostile/path of 2,001 steps", "bytes",
            static_cast<double>(Matcher::Build(steps)->MemoryBytes()), 1 << 20);
}

void AddTexts() {
  std::vector<std::string> wildcards;
  for (int i = 0; i < 100; ++i) {
    wildcards.push_back(
        absl::StrCat("{\"a\":[{\"wildcard\":\"*", Repeated("a", 1000 + i), "b*\"}]}"));
  }
  AddMatch("100 wildcards, text of 256 KiB", wildcards,
           absl::StrCat("{\"a\":\"", Repeated("a", 256 << 10), "\"}"), 200);
  AddMatch("wildcard of 256 stars, text of 256 KiB",
           {absl::StrCat("{\"a\":[{\"wildcard\":\"", Repeated("*a", 255), "*b\"}]}")},
           absl::StrCat("{\"a\":\"", Repeated("a", 256 << 10), "\"}"), 10);
  AddMatch("number of 256 KiB", {R"({"a":[{"numeric":[">",1]}]})"},
           absl::StrCat("{\"a\":", Repeated("7", 256 << 10), "}"), 50);
}

// Events whose work with all rules together has a bound.
void AddProducts() {
  std::vector<std::string> prefixes;
  for (int i = 0; i < 1'000; ++i) {
    prefixes.push_back(absl::StrCat(R"({"a":[{"prefix":"x)", i, R"(-"}]})"));
  }
  std::string values;
  for (int i = 0; i < 150'000; ++i)
    absl::StrAppend(&values, i == 0 ? "" : ",", "\"y", i % 10, "\"");
  AddMatch("1,000 prefixes, 150,000 values", prefixes, absl::StrCat("{\"a\":[", values, "]}"), 500);
  std::vector<std::string> wildcards;
  for (int i = 0; i < 1'000; ++i) {
    wildcards.push_back(absl::StrCat(R"({"a":[{"wildcard":"*n)", i, R"(-*"}]})"));
  }
  AddMatch("1,000 wildcards, text of 900 KiB", wildcards,
           absl::StrCat("{\"a\":\"", Repeated("n", 900 << 10), "\"}"), 1000);
}

void AddCrowds() {
  std::vector<std::string> alike;
  for (int i = 0; i < 100'000; ++i) {
    alike.push_back(absl::StrCat(R"({"s":["x"],"d":{"a":[{"prefix":")", i, R"(-"}]}})"));
  }
  AddMatch("100,000 rules alike but for a prefix", alike, R"({"s":"x","d":{"a":"5-"}})", 10);
  for (std::string& pattern : alike) pattern = R"({"a":[{"anything-but":"x"}]})";
  AddMatch("100,000 rules that all match", alike, R"({"a":1})", 20);
}

// `arrays` arrays of two objects at one path, and `fields` fields of which each has the value 1 in
// three of the objects, chosen at random: a random instance of 3-SAT, with an array for each
// variable and a field for each clause.
std::string ManyArrays(int arrays, int fields) {
  std::vector<std::vector<std::string>> objects(arrays, std::vector<std::string>(2));
  std::minstd_rand random(7);
  for (int field = 0; field < fields; ++field) {
    for (int literal = 0; literal < 3; ++literal) {
      absl::StrAppend(&objects[random() % arrays][random() / 7 % 2], "\"f", field, "\":1,");
    }
  }
  std::string out;
  for (const auto& pair : objects) {
    absl::StrAppend(&out, out.empty() ? "" : ",", "\"a\":[{", pair[0], "\"y\":0},{", pair[1],
                    "\"y\":0}]");
  }
  return absl::StrCat("{\"o\":{", out, "}}");
}

void AddArrays() {
  for (const auto& [arrays, fields] : {std::pair(10, 52), std::pair(40, 200)}) {
    std::string tests;
    for (int field = 0; field < fields; ++field) {
      absl::StrAppend(&tests, field == 0 ? "" : ",", "\"f", field, "\":[1]");
    }
    AddMatch(absl::StrCat(arrays, " arrays at one path, ", fields, " fields"),
             {absl::StrCat(R"({"o":{"a":{)", tests, "}}}")}, ManyArrays(arrays, fields), 2000);
  }
  AddMatch(
      "arrays nested 999 deep", {R"({"a":{"b":[1],"c":[2]}})"},
      absl::StrCat("{\"a\":", Repeated("[", 997), R"({"b":1},{"c":2})", Repeated("]", 997), "}"),
      10);
  AddMatch("a name given 10,000 times", {R"({"a":[9],"b":[1]})"},
           absl::StrCat("{\"b\":1", Repeated(",\"a\":1", 10'000), "}"), 10);
}

}  // namespace

void AddHostile() {
  AddPatterns();
  AddTexts();
  AddProducts();
  AddCrowds();
  AddArrays();
}

}  // namespace pavane::bench
