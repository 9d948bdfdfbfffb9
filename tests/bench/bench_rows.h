#ifndef PAVANE_TESTS_BENCH_BENCH_ROWS_H_
#define PAVANE_TESTS_BENCH_BENCH_ROWS_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace pavane::bench {

/// A figure. A goal is met when the figure reaches the absolute goal or the ratio to the limit,
/// whichever there is; the ratio decides where there are both, since it does not move with the
/// machine.
struct Row {
  std::string name = {};
  std::string unit = "events/s";
  double goal = 0;         // absolute; 0: none
  std::string limit = {};  // name of the row that is the limit
  double ratio_goal = 0;   // of the limit; 0: none
  bool smaller_is_better = false;
  double value = 0;
};

/// All rows, in the order in which they are printed.
std::vector<Row>& Rows();

/// Adds a row that runs `one` for every event, `passes` times; Google Benchmark measures it.
void AddPass(Row row, size_t events, int passes, std::function<void(size_t)> one);

/// Adds a row measured here and now: the median time of nine calls, in milliseconds, which is to
/// stay below `goal`.
void AddTimed(const std::string& name, double goal, const std::function<void()>& call);

/// Adds a row whose figure is known, which is to stay below `goal`; 0: no goal.
void AddFigure(const std::string& name, const std::string& unit, double value, double goal);

/// Runs the benchmarks, prints the table and writes it to `path` as JSON. Rows that a filter has
/// left out are left out.
void RunAndReport(const std::string& path);

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_BENCH_ROWS_H_
