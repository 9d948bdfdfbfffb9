#ifndef PAVANE_TESTS_UNIT_INGRESS_STATIONS_H_
#define PAVANE_TESTS_UNIT_INGRESS_STATIONS_H_

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "admin/bus_admin.h"
#include "admin/catalog_editor.h"
#include "admin/dead_letter_admin.h"
#include "admin/event_admin.h"
#include "admin/rule_admin.h"
#include "admin/rule_sets.h"
#include "admin/scheduled_admin.h"
#include "admin/session_rules.h"
#include "base/manual_clock.h"
#include "base/random.h"
#include "base/uuid.h"
#include "config/config.h"
#include "delivery/dispatcher.h"
#include "ingress/due_events.h"
#include "ingress/filler.h"
#include "ingress/forwarder.h"
#include "ingress/gate.h"
#include "ingress/publisher.h"
#include "ingress/rule_book.h"
#include "ingress/settler.h"
#include "metrics/broker_metrics.h"
#include "metrics/registry.h"
#include "store/log.h"
#include "store/writer.h"
#include "tests/support/temp_dir.h"

namespace pavane::testing {

/// Waits for what `start` hands to its callback.
template <typename T>
T Await(const std::function<void(std::function<void(T)>)>& start) {
  auto answered = std::make_shared<std::promise<T>>();
  std::future<T> answer = answered->get_future();
  start([answered](T value) { answered->set_value(std::move(value)); });
  return answer.get();
}

/// All stations behind the doors, over a real log in a temporary folder; the clock stands still
/// until told.
class Stations {
 public:
  /// Over the store in `dir`, which an earlier object may have left; null: a new one.
  explicit Stations(config::Config config = {}, std::shared_ptr<TempDir> dir = nullptr);
  ~Stations();

  absl::Status PutBus(const std::string& name);
  /// A rule on `bus` with one target for each address, ids "t0", "t1", ...
  absl::StatusOr<pavane::admin::v1::PutRuleResponse> PutRule(
      const std::string& name, const std::string& pattern,
      const std::vector<std::string>& addresses = {"service:s"}, const std::string& bus = "");
  absl::StatusOr<pavane::v1::PublishResponse> Publish(pavane::v1::PublishRequest request);
  /// One event; its result.
  pavane::v1::PublishResult PublishOne(const event::CloudEvent& event, const std::string& bus = "");
  /// Waits for `count` deliveries.
  std::vector<targets::OutgoingDelivery> Pull(const std::string& service, uint32_t count);
  pavane::v1::SettleResult Settle(const std::string& service, pavane::v1::Settlement settlement);
  pavane::v1::SettleResult Reject(const std::string& service, const std::string& delivery_id);

 private:
  struct Commits : store::CommitObserver {
    explicit Commits(Stations& stations) : stations(stations) {}
    void OnCommit(const std::shared_ptr<const store::CommitRecord>& commit) override;
    Stations& stations;
  };
  static ingress::RuleBook::Options RuleBookOptions(const config::Config& config);

 public:
  const std::shared_ptr<TempDir> dir;
  const config::Config config;
  metrics::Registry registry;
  metrics::BrokerMetrics metrics{registry};
  ManualClock clock;
  SeededRandom random{7};
  std::unique_ptr<store::Log> log;
  ingress::RuleBook rules{RuleBookOptions(config)};
  ingress::Gate gate;
  ingress::Forwarder forwarder{rules};
  std::unique_ptr<delivery::Dispatcher> dispatcher;
  std::unique_ptr<store::Writer> writer;
  std::unique_ptr<ingress::DueEvents> due_events;
  std::unique_ptr<ingress::Filler> filler;
  std::unique_ptr<ingress::Publisher> publisher;
  std::unique_ptr<ingress::Settler> settler;
  std::unique_ptr<admin::CatalogEditor> editor;
  std::unique_ptr<admin::BusAdmin> buses;
  std::unique_ptr<admin::RuleAdmin> rule_admin;
  std::unique_ptr<admin::RuleSets> rule_sets;
  std::unique_ptr<admin::SessionRules> session_rules;
  std::unique_ptr<admin::DeadLetterAdmin> dead_letters;
  std::unique_ptr<admin::EventAdmin> events;
  std::unique_ptr<admin::ScheduledAdmin> scheduled;

 private:
  Commits commits_{*this};
};

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_UNIT_INGRESS_STATIONS_H_
