// Figures of the matcher: how many events a second one thread matches, for the rule sets below,
// with the parse limit measured beside them. Prints a table and writes bench/rules.json below the
// build folder: an array of {name, value, unit, limit_ratio, goal, met}.
//
//   bench_rules [--events=N] [--passes=N] [--benchmark_filter=REGEX]
//
// Events and rules come from gen_citylots.py, gen_orders.py and rules_citylots.json; what is made
// is kept in the same folder. One iteration matches every event once; the figure is the median of
// the passes after a first one that warms up.
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "benchmark/benchmark.h"

#include "base/check.h"
#include "event/event_view.h"
#include "event/json.h"
#include "rules/json_tree.h"
#include "rules/matcher.h"
#include "rules/pattern.h"
#include "tests/bench/parse_limit.h"

namespace pavane::bench {
namespace {

using rules::Matcher;
using rules::Pattern;
using rules::RuleEntry;

// A goal is met when the figure reaches the absolute goal or the ratio to the limit, whichever
// there is; the ratio decides where there are both, since it does not move with the machine.
struct Row {
  std::string name = {};
  std::string unit = "events/s";
  double goal = 0;         // absolute; 0: none
  std::string limit = {};  // name of the row that is the limit
  double ratio_goal = 0;   // of the limit; 0: none
  bool smaller_is_better = false;
  double value = 0;
};

struct Events {
  std::string text;  // all of them, each followed by padding
  std::vector<event::EventView> views;
  std::vector<absl::string_view> lines;
};

std::vector<Row>& Rows() {
  static auto& rows = *new std::vector<Row>;
  return rows;
}

// Reads a file of lines into padded views, validated as ingress does it.
Events ReadEvents(const std::string& path) {
  std::ifstream in(path);
  CHECK(in.good()) << path;
  Events events;
  std::vector<std::pair<size_t, size_t>> places;
  for (std::string line; std::getline(in, line);) {
    places.emplace_back(events.text.size(), line.size());
    events.text += line;
    events.text.append(event::kJsonPadding, ' ');
  }
  for (const auto& [offset, size] : places) {
    const absl::string_view line = absl::string_view(events.text).substr(offset, size);
    const auto shape = event::ValidateJson(line);
    CHECK_OK(shape) << path;
    events.lines.push_back(line);
    events.views.push_back(event::EventView::FromJson(line, shape->distinct_paths));
  }
  return events;
}

std::vector<std::string> ReadLines(const std::string& path) {
  std::ifstream in(path);
  CHECK(in.good()) << path;
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<RuleEntry> Parse(const std::vector<std::string>& patterns) {
  std::vector<RuleEntry> rules;
  for (const std::string& text : patterns) {
    const auto pattern = Pattern::Parse(text);
    CHECK_OK(pattern) << text;
    rules.push_back({rules.size() + 1, *pattern});
  }
  return rules;
}

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

/// Runs the generators for what is not there yet.
class DataFolder {
 public:
  DataFolder(std::string source, std::string folder)
      : source_(std::move(source)), folder_(std::move(folder)) {
    mkdir(folder_.c_str(), 0755);
  }

  std::string Lots(int count) const {
    return Made(absl::StrCat("lots-", count, ".jsonl"), "gen_citylots.py", "", absl::StrCat(count));
  }
  std::string Orders(int count) const {
    return Made(absl::StrCat("orders-", count, ".jsonl"), "gen_orders.py", "events",
                absl::StrCat(count));
  }
  std::string OrderRules(int count, const std::string& mix) const {
    return Made(absl::StrCat("order-rules-", mix, "-", count, ".jsonl"), "gen_orders.py", "rules",
                absl::StrCat(count, " orders ", mix));
  }
  std::string Source(const std::string& name) const { return source_ + "/" + name; }
  std::string path() const { return folder_; }

 private:
  std::string Made(const std::string& name, const std::string& script, const std::string& before,
                   const std::string& after) const {
    const std::string path = folder_ + "/" + name;
    if (std::ifstream(path).good()) return path;
    const std::string made = path + ".new";
    const std::string command = absl::StrCat("python3 '", source_, "/", script, "' ", before, " '",
                                             made, "' ", after, " > /dev/null");
    std::fprintf(stderr, "making %s\n", name.c_str());
    CHECK_EQ(std::system(command.c_str()), 0) << command;
    CHECK_EQ(std::rename(made.c_str(), path.c_str()), 0);
    return path;
  }

  const std::string source_;
  const std::string folder_;
};

// Adds a row that runs `one` for every event.
void AddPass(Row row, size_t events, int passes, std::function<void(size_t)> one) {
  Rows().push_back(row);
  benchmark::RegisterBenchmark(
      row.name.c_str(),
      [events, one = std::move(one)](benchmark::State& state) {
        for (size_t i = 0; i < events; ++i) one(i);
        for (auto unused : state) {
          for (size_t i = 0; i < events; ++i) one(i);
        }
        state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * events));
      })
      ->Iterations(passes)
      ->Repetitions(3)
      ->Unit(benchmark::kMillisecond);
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

// With a ratio where the issue of the figures gives one.
constexpr LotGoal kLotGoals[] = {
    {"EXACT", 4e6, "one field", 0.55},
    {"PREFIX", 3.5e6, "one field", 0},
    {"PREFIX_EQUALS_IGNORE_CASE", 3e6, "one field", 0},
    {"SUFFIX", 3.5e6, "one field", 0},
    {"SUFFIX_EQUALS_IGNORE_CASE", 3e6, "one field", 0},
    {"WILDCARD", 3e6, "one field", 0},
    {"EQUALS_IGNORE_CASE", 2.5e6, "one field", 0},
    {"NUMERIC", 0.8e6, "every leaf decoded", 1.4},
    {"ANYTHING-BUT", 2e6, "one field", 0},
    {"ANYTHING-BUT-PREFIX", 1.5e6, "one field", 0},
    {"ANYTHING-BUT-SUFFIX", 1.5e6, "one field", 0},
    {"ANYTHING-BUT-WILDCARD", 1.5e6, "one field", 0},
    {"ANYTHING-BUT-IGNORE-CASE", 1.5e6, "one field", 0},
    {"COMPLEX_ARRAYS", 0.35e6, "every leaf decoded", 0.65},
    {"PARTIAL_COMBO", 0.6e6, "every leaf decoded", 0},
    {"COMBO", 0.25e6, "every leaf decoded", 0},
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
    {1, 2.5e6, 0}, {1000, 2e6, 0}, {10000, 1.5e6, 0}, {100000, 1.2e6, 0.6}};

void AddOrders(const DataFolder& data, const Events& orders, int passes) {
  for (const OrderGoal& goal : kOrderGoals) {
    const std::vector<RuleEntry> rules = Parse(ReadLines(data.OrderRules(goal.rules, "full")));
    const auto start = std::chrono::steady_clock::now();
    const std::shared_ptr<const Matcher> matcher = Matcher::Build(rules);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (goal.rules == 100000) {
      Row build{"orders/100000/build", "s", 1.0, "", 0, true};
      build.value = took.count();
      Rows().push_back(build);
      Row memory{"orders/100000/memory", "bytes/rule", 1024, "", 0, true};
      memory.value = static_cast<double>(matcher->MemoryBytes()) / goal.rules;
      Rows().push_back(memory);
    }
    Row row{absl::StrCat("orders/", goal.rules)};
    row.goal = goal.goal;
    row.limit = "limit/orders/every leaf raw";
    row.ratio_goal = goal.ratio;
    AddMatch(row, orders, matcher, passes);
  }
}

/// Keeps the median of each benchmark's repetitions.
class Collector : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Aggregate || run.aggregate_name != "median") continue;
      const auto rate = run.counters.find("items_per_second");
      if (rate == run.counters.end()) continue;
      for (Row& row : Rows()) {
        if (row.name == run.run_name.function_name) row.value = rate->second;
      }
    }
  }
};

double ValueOf(const std::string& name) {
  for (const Row& row : Rows()) {
    if (row.name == name) return row.value;
  }
  return 0;
}

// Prints the table and writes the file. Rows that a filter left out are left out here, too.
void Report(const std::string& path) {
  std::ofstream out(path);
  out << "[";
  std::printf("%-36s %14s %-10s %8s %12s  %s\n", "", "value", "unit", "ratio", "goal", "met");
  const char* separator = "\n";
  for (const Row& row : Rows()) {
    if (row.value == 0) continue;
    const double limit = row.limit.empty() ? 0 : ValueOf(row.limit);
    const double ratio = limit > 0 ? row.value / limit : 0;
    const bool has_goal = row.goal > 0;
    const bool met = !has_goal || (row.ratio_goal > 0 && limit > 0 ? ratio >= row.ratio_goal
                                   : row.smaller_is_better         ? row.value <= row.goal
                                                                   : row.value >= row.goal);
    const std::string goal = row.ratio_goal > 0 ? absl::StrFormat("x%.2f", row.ratio_goal)
                             : has_goal         ? absl::StrFormat("%.6g", row.goal)
                                                : "";
    std::printf("%-36s %14s %-10s %8s %12s  %s\n", row.name.c_str(),
                absl::StrFormat("%.*f", row.value < 100 ? 3 : 0, row.value).c_str(),
                row.unit.c_str(), limit > 0 ? absl::StrFormat("%.2f", ratio).c_str() : "",
                goal.c_str(), has_goal ? (met ? "yes" : "NO") : "");
    out << separator
        << absl::StrFormat(
               "{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"limit_ratio\":%s,\"goal\":%s,"
               "\"met\":%s}",
               row.name, row.value, row.unit, limit > 0 ? absl::StrFormat("%.4f", ratio) : "null",
               has_goal ? absl::StrFormat("%.6g", row.goal) : "null",
               has_goal ? (met ? "true" : "false") : "null");
    separator = ",\n";
  }
  out << "\n]\n";
  std::printf("written to %s\n", path.c_str());
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
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector);
  Report(data.path() + "/rules.json");
  return 0;
}

}  // namespace
}  // namespace pavane::bench

int main(int argc, char** argv) { return pavane::bench::Main(argc, argv); }
