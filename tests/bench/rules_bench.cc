// Figures of the matcher: how many events a second one thread matches, for the rule sets below,
// with the parse limit measured beside them. Prints a table and writes bench/rules.json below the
// build folder: an array of {name, value, unit, limit_ratio, goal, met}.
//
//   bench_rules [--events=N] [--passes=N] [--benchmark_filter=REGEX]
//
// Events and rules come from gen_citylots.py, gen_orders.py and rules_citylots.json; what is made
// is kept in the same folder. One iteration matches every event once; the figure is the median of
// the passes after a first one that warms up.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "benchmark/benchmark.h"

#include "base/check.h"
#include "event/json.h"
#include "rules/json_tree.h"
#include "rules/matcher.h"
#include "tests/bench/bench_data.h"
#include "tests/bench/bench_rows.h"
#include "tests/bench/change_rows.h"
#include "tests/bench/hostile_rows.h"
#include "tests/bench/parse_limit.h"

namespace pavane::bench {
namespace {

using rules::Matcher;
using rules::RuleEntry;

// The rule sets of rules_citylots.json, by name.
std::map<std::string, std::vector<std::string>> LotRules(const std::string& path) {
  std::ifstream in(path);
  CHECK(in.good()) << path;
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto root = rules::ReadJsonTree(rules::PatternText(text), 100);
  CHECK_OK(root);
  std::map<std::string, std::vector<std::string>> sets;
  for (const rules::JsonMember& set : root->members) {
    for (const rules::JsonNode& rule : set.value.elements) {
      sets[set.name].push_back(text.substr(rule.offset, rule.length));
    }
  }
  return sets;
}

void AddMatch(Row row, const Events& events, std::shared_ptr<const Matcher> matcher, int passes) {
  auto matched = std::make_shared<std::vector<rules::RuleId>>();
  AddPass(std::move(row), events.views.size(), passes, [&events, matcher, matched](size_t i) {
    CHECK_OK(matcher->Match(events.views[i], matched.get()));
    benchmark::DoNotOptimize(matched->size());
  });
}

void AddLimits(const std::string& name, const Events& events, absl::string_view first,
               absl::string_view second, int passes) {
  const auto add = [&](const std::string& what, std::function<uint64_t(absl::string_view)> parse) {
    AddPass(Row{absl::StrCat("limit/", name, "/", what)}, events.lines.size(), passes,
            [&events, parse](size_t i) { benchmark::DoNotOptimize(parse(events.lines[i])); });
  };
  add("one field",
      [first, second](absl::string_view json) { return ParseOneField(json, first, second); });
  add("every leaf raw", ParseEveryLeafRaw);
  add("every leaf decoded", ParseEveryLeafDecoded);
  add("validation", [](absl::string_view json) {
    return static_cast<uint64_t>(event::ValidateJson(json)->distinct_paths);
  });
}

struct LotGoal {
  const char* name;
  double goal;
  const char* limit;
  double ratio;
};

// Where only a rate is wanted, the ratio is that rate to the limit of the machine it was set on:
// one field 7.0 M/s, every leaf decoded 0.5 M/s; of orders every leaf raw 1.9 M/s.
constexpr LotGoal kLotGoals[] = {
    {"EXACT", 4e6, "one field", 0.55},
    {"PREFIX", 3.5e6, "one field", 0.50},
    {"PREFIX_EQUALS_IGNORE_CASE", 3e6, "one field", 0.43},
    {"SUFFIX", 3.5e6, "one field", 0.50},
    {"SUFFIX_EQUALS_IGNORE_CASE", 3e6, "one field", 0.43},
    {"WILDCARD", 3e6, "one field", 0.43},
    {"EQUALS_IGNORE_CASE", 2.5e6, "one field", 0.36},
    {"NUMERIC", 0.8e6, "every leaf decoded", 1.4},
    {"ANYTHING-BUT", 2e6, "one field", 0.29},
    {"ANYTHING-BUT-PREFIX", 1.5e6, "one field", 0.21},
    {"ANYTHING-BUT-SUFFIX", 1.5e6, "one field", 0.21},
    {"ANYTHING-BUT-WILDCARD", 1.5e6, "one field", 0.21},
    {"ANYTHING-BUT-IGNORE-CASE", 1.5e6, "one field", 0.21},
    {"COMPLEX_ARRAYS", 0.35e6, "every leaf decoded", 0.65},
    {"PARTIAL_COMBO", 0.6e6, "every leaf decoded", 1.20},
    {"COMBO", 0.25e6, "every leaf decoded", 0.50},
};

void AddLots(const DataFolder& data, const Events& lots, int passes) {
  std::map<std::string, std::vector<std::string>> sets =
      LotRules(data.Source("rules_citylots.json"));
  for (const char* part : {"EXACT", "PREFIX", "NUMERIC", "ANYTHING-BUT", "ANYTHING-BUT-IGNORE-CASE",
                           "ANYTHING-BUT-PREFIX", "ANYTHING-BUT-SUFFIX", "ANYTHING-BUT-WILDCARD"}) {
    std::vector<std::string>& partial = sets["PARTIAL_COMBO"];
    partial.insert(partial.end(), sets[part].begin(), sets[part].end());
  }
  sets["COMBO"] = sets["PARTIAL_COMBO"];
  sets["COMBO"].insert(sets["COMBO"].end(), sets["COMPLEX_ARRAYS"].begin(),
                       sets["COMPLEX_ARRAYS"].end());
  for (const LotGoal& goal : kLotGoals) {
    Row row{absl::StrCat("lots/", goal.name)};
    row.goal = goal.goal;
    row.limit = absl::StrCat("limit/lots/", goal.limit);
    row.ratio_goal = goal.ratio;
    AddMatch(row, lots, Matcher::Build(Parse(sets[goal.name])), passes);
  }
}

struct OrderGoal {
  int rules;
  double goal;
  double ratio;
};

constexpr OrderGoal kOrderGoals[] = {
    {1, 2.5e6, 1.32}, {1000, 2e6, 1.05}, {10000, 1.5e6, 0.79}, {100000, 1.2e6, 0.6}};

void AddOrders(const DataFolder& data, const Events& orders, int passes) {
  for (const OrderGoal& goal : kOrderGoals) {
    const std::vector<RuleEntry> rules = Parse(ReadLines(data.OrderRules(goal.rules, "full")));
    const auto start = std::chrono::steady_clock::now();
    const std::shared_ptr<const Matcher> matcher = Matcher::Build(rules);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (goal.rules == 100000) {
      AddFigure("orders/100000/build", "s", took.count(), 1.0);
      AddFigure("orders/100000/memory", "bytes/rule",
                static_cast<double>(matcher->MemoryBytes()) / goal.rules, 1024);
    }
    Row row{absl::StrCat("orders/", goal.rules)};
    row.goal = goal.goal;
    row.limit = "limit/orders/every leaf raw";
    row.ratio_goal = goal.ratio;
    AddMatch(row, orders, matcher, passes);
  }
}

int Flag(int* argc, char** argv, absl::string_view name, int value) {
  int kept = 1;
  for (int i = 1; i < *argc; ++i) {
    absl::string_view argument = argv[i];
    if (absl::ConsumePrefix(&argument, absl::StrCat("--", name, "="))) {
      CHECK(absl::SimpleAtoi(argument, &value)) << argv[i];
    } else {
      argv[kept++] = argv[i];
    }
  }
  *argc = kept;
  return value;
}

int Main(int argc, char** argv) {
  const int event_count = Flag(&argc, argv, "events", 213068);
  const int passes = Flag(&argc, argv, "passes", 3);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const DataFolder data(PAVANE_BENCH_SOURCE, PAVANE_BENCH_FOLDER);
  const Events lots = ReadEvents(data.Lots(event_count));
  const Events orders = ReadEvents(data.Orders(std::min(event_count, 100000)));
  AddLimits("lots", lots, "properties", "STREET", passes);
  AddLots(data, lots, passes);
  AddLimits("orders", orders, "detail", "order-id", passes);
  AddOrders(data, orders, passes);
  AddHostile();
  AddChanges(Parse(ReadLines(data.OrderRules(100000, "full"))), orders);
  RunAndReport(data.path() + "/rules.json");
  return 0;
}

}  // namespace
}  // namespace pavane::bench

int main(int argc, char** argv) { return pavane::bench::Main(argc, argv); }
