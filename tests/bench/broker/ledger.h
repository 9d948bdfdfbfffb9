#ifndef PAVANE_TESTS_BENCH_BROKER_LEDGER_H_
#define PAVANE_TESTS_BENCH_BROKER_LEDGER_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pavane::bench {

/// What a figure is to be.
struct Goal {
  enum class Better { kHigher, kLower };
  Better better = Better::kHigher;
  std::optional<double> value;
  /// Our median divided by the peer's in the same run: at least, or with kLower at most, this.
  /// Where a figure and a ratio differ, the ratio decides.
  std::map<std::string, double> ratios;
};

/// Without a value only the ratios decide.
inline Goal AtLeast(std::optional<double> value, std::map<std::string, double> ratios = {}) {
  return {Goal::Better::kHigher, value, std::move(ratios)};
}
inline Goal AtMost(std::optional<double> value, std::map<std::string, double> ratios = {}) {
  return {Goal::Better::kLower, value, std::move(ratios)};
}

/// The figures of all repetitions, ours and the peers'.
class Ledger {
 public:
  /// Declares a figure; without a goal it is for information.
  void Declare(const std::string& name, const std::string& unit, std::optional<Goal> goal = {});
  /// `contestant` empty: ours. The figure was declared.
  void Add(const std::string& name, const std::string& contestant, double value);

  /// A table in Markdown: medians, (lowest to highest), ratios.
  void Print() const;
  /// Writes {name, value, unit, peer_ratios, goal, met} of each figure; figures of an earlier run
  /// that this one did not measure stay. False if the file cannot be written.
  bool Write(const std::string& path) const;

 private:
  struct Figure {
    std::string name;
    std::string unit;
    std::optional<Goal> goal;
    std::map<std::string, std::vector<double>> values;  // by contestant

    double Median(const std::string& contestant) const;
    std::map<std::string, double> Ratios() const;
    std::optional<bool> Met() const;
    std::string Cell(const std::string& contestant) const;
    std::string PeerCells() const;
  };

  std::vector<Figure> figures_;
};

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_BROKER_LEDGER_H_
