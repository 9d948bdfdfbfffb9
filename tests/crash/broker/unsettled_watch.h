#ifndef PAVANE_TESTS_CRASH_BROKER_UNSETTLED_WATCH_H_
#define PAVANE_TESTS_CRASH_BROKER_UNSETTLED_WATCH_H_

#include <cstdint>
#include <string>

#include "pavane/admin/v1/rule.grpc.pb.h"
#include "pavane/admin/v1/system.grpc.pb.h"
#include "pavane/v1/publisher.grpc.pb.h"
#include "tests/crash/broker/party.h"

namespace pavane::crash {

/// Queues deliveries for a service that never comes, one by one, every second time some of them by
/// the target's start position, then asks for the rule's deletion:
/// it must be refused with exactly their number, and done with discard. Writes `refused WANTED
/// FOUND` and `discarded WANTED FOUND`.
class UnsettledWatch : public Party {
 public:
  UnsettledWatch(const Daemon& daemon, const std::string& log_path);
  ~UnsettledWatch() override { Stop(); }

 protected:
  void Run() override;

 private:
  void PutRule(pavane::admin::v1::RuleAdmin::Stub& rules, const std::string& name, bool from_past);
  /// Until the events from before the target are queued, too.
  void AwaitFill(pavane::admin::v1::SystemAdmin::Stub& stats, const std::string& name);
  void Publish(pavane::v1::PublisherService::Stub& publisher, const std::string& name, int number);
  void Delete(pavane::admin::v1::RuleAdmin::Stub& rules, const std::string& name, int wanted);
};

}  // namespace pavane::crash

#endif  // PAVANE_TESTS_CRASH_BROKER_UNSETTLED_WATCH_H_
