#ifndef PAVANE_TESTS_BENCH_RULE_CHANGE_BROKER_H_
#define PAVANE_TESTS_BENCH_RULE_CHANGE_BROKER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pavane/admin/v1/rule.grpc.pb.h"
#include "pavane/v1/publisher.grpc.pb.h"
#include "tests/bench/broker/child.h"

namespace pavane::bench {

/// A real broker over a folder of its own, which goes with it. What fails ends the program.
class Broker {
 public:
  explicit Broker(const std::string& pavaned);
  ~Broker();

  /// Seconds from the process' start until it serves.
  double Start();
  void Stop();

  admin::v1::RuleAdmin::Stub& rules() { return *rules_; }

  /// Seconds that the call took.
  double PutRules(const std::vector<std::string>& patterns, size_t begin, size_t end);
  double PutRule(const std::string& name, const std::string& pattern);
  double DeleteRule(const std::string& name);
  /// How many rules each event matched.
  std::vector<uint32_t> Publish(const v1::PublishRequest& request);
  double PeakMegabytes() const { return process_->PeakBytes() / 1e6; }

 private:
  const std::string pavaned_;
  std::string folder_;
  std::optional<Child> process_;
  std::unique_ptr<admin::v1::RuleAdmin::Stub> rules_;
  std::unique_ptr<v1::PublisherService::Stub> publisher_;
};

/// Seconds since some time.
double Now();

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_RULE_CHANGE_BROKER_H_
