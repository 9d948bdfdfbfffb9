#include "tests/bench/bench_rows.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <utility>

#include "absl/strings/str_format.h"
#include "benchmark/benchmark.h"

namespace pavane::bench {

std::vector<Row>& Rows() {
  static auto& rows = *new std::vector<Row>;
  return rows;
}

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

void AddTimed(const std::string& name, double goal, const std::function<void()>& call) {
  std::array<double, 9> took;
  for (double& one : took) {
    const auto start = std::chrono::steady_clock::now();
    call();
    one =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  std::sort(took.begin(), took.end());
  AddFigure(name, "ms", took[took.size() / 2], goal);
}

void AddFigure(const std::string& name, const std::string& unit, double value, double goal) {
  Row row{name, unit, goal, "", 0, true};
  row.value = value;
  Rows().push_back(std::move(row));
}

namespace {

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

}  // namespace

void RunAndReport(const std::string& path) {
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector);
  Report(path);
}

}  // namespace pavane::bench
