#ifndef PAVANE_TESTS_BENCH_BROKER_PAVANE_CONTESTANT_H_
#define PAVANE_TESTS_BENCH_BROKER_PAVANE_CONTESTANT_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/broker/contest.h"

namespace pavane::bench {

/// pavaned with its shipped defaults; only durability and what the load names differ.
class PavaneContestant : public Contestant {
 public:
  struct Programs {
    std::string self;  // this program, which is also the producer and the consumer
    std::string pavaned;
  };

  /// Null if it did not start, or did not take the rules.
  static std::unique_ptr<PavaneContestant> Start(const Programs& programs, const Load& load);
  ~PavaneContestant() override;

  std::vector<std::string> Producer() const override;
  std::vector<std::string> Consumer(int index) const override;
  Child& process() override { return *process_; }
  std::string folder() const override { return folder_.path() + "/data"; }
  /// Adds `syncs`.
  void AddFigures(Figures& figures) override;

  const std::string& address() const { return address_; }
  /// SIGKILL, then a start over the same folder. Seconds until it is ready; none if it never was.
  std::optional<double> KillAndStart();
  /// Puts `count` rules that match nothing, each with a target of its own of service `idle`.
  bool PutIdleRules(int count);
  /// Gives the target of Layout::kStorm an age limit that its whole backlog is beyond.
  bool ShortenAge();
  /// The sum of a metric's series.
  double Metric(const std::string& name) const;
  /// The body of an HTTP GET; empty if that failed.
  std::string Get(const std::string& path) const;

 private:
  PavaneContestant(Programs programs, Load load);
  bool StartProcess();
  bool PutRules();
  bool Ready() const;

  const Programs programs_;
  const Load load_;
  RunFolder folder_;
  std::optional<Child> process_;
  std::string address_;
  int http_port_ = 0;
};

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_BROKER_PAVANE_CONTESTANT_H_
