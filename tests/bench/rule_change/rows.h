#ifndef PAVANE_TESTS_BENCH_RULE_CHANGE_ROWS_H_
#define PAVANE_TESTS_BENCH_RULE_CHANGE_ROWS_H_

#include <string>
#include <vector>

namespace pavane::bench {

/// Figures, printed as a table and put into a file of rows {name, value, unit, limit_ratio, goal,
/// met} that other programs write to as well: rows of the same names are replaced, all others stay.
class Rows {
 public:
  enum class Better { kSmaller, kLarger };

  /// A figure with a goal.
  void Add(const std::string& name, double value, const std::string& unit, double goal,
           Better better);
  /// A figure without.
  void Add(const std::string& name, double value, const std::string& unit);

  void Print() const;
  void WriteInto(const std::string& path) const;

 private:
  struct Row {
    std::string name;
    double value = 0;
    std::string unit;
    bool has_goal = false;
    double goal = 0;
    bool met = false;
  };
  static std::string Json(const Row& row);

  std::vector<Row> rows_;
};

/// The value of rank `share` (0 the smallest, 1 the largest) of some.
double Quantile(std::vector<double> values, double share);

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_RULE_CHANGE_ROWS_H_
