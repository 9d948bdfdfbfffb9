#include "server_metrics.h"

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "metrics/gauge_source.h"

namespace pavane {
namespace {

metrics::TargetSample SampleOf(const delivery::TargetStats& stats) {
  metrics::TargetSample sample;
  sample.id = stats.target;
  sample.bus = stats.names->bus;
  sample.rule = stats.names->rule;
  sample.target = stats.names->target;
  sample.queued = stats.queued;
  sample.in_flight = stats.in_flight;
  sample.oldest_unsettled_seconds = absl::ToDoubleSeconds(stats.oldest_unsettled_age);
  const store::TargetCounters& counters = stats.counters;
  sample.counts.created = counters.created;
  sample.counts.attempts = counters.attempts;
  sample.counts.retries = counters.retries;
  sample.counts.successes = counters.successes;
  for (int i = 0; i < store::kFailureReasons; ++i) {
    sample.counts.failed_by_reason[i] = counters.failed_by_reason[i + 1];
  }
  sample.counts.sent_to_dead_letters = counters.sent_to_dead_letters;
  sample.counts.lost = counters.lost;
  return sample;
}

absl::string_view OutcomeLabel(store::Outcome outcome) {
  switch (outcome) {
    case store::Outcome::kAcked:
      return metrics::kSettledAck;
    case store::Outcome::kRetry:
      return metrics::kSettledNack;
    case store::Outcome::kFailed:
      return metrics::kSettledReject;
    case store::Outcome::kReleased:
    case store::Outcome::kDiscarded:
      return metrics::kSettledRelease;
  }
  return metrics::kSettledRelease;
}

using CountersByOutcome = std::array<metrics::Counter*, 6>;

CountersByOutcome SettlementCounters(metrics::BrokerMetrics& metrics) {
  CountersByOutcome counters{};
  for (size_t i = 1; i < counters.size(); ++i) {
    counters[i] = &metrics.settlements.With({OutcomeLabel(static_cast<store::Outcome>(i))});
  }
  return counters;
}

}  // namespace

metrics::DeliverySample SampleDelivery(const delivery::Dispatcher& dispatcher,
                                       const store::Log& log, const ingress::RuleBook& rules) {
  metrics::DeliverySample sample;
  std::map<std::string, metrics::BusSample> buses;
  for (const store::BusEntryPtr& bus : rules.snapshot()->catalog().Buses()) {
    buses[bus->bus.name()] = {};
  }
  for (const delivery::TargetStats& stats : dispatcher.CollectTargetStats()) {
    sample.targets.push_back(SampleOf(stats));
    metrics::BusSample& bus = buses[stats.names->bus];
    bus.parked += stats.parked;
    bus.blocked_keys += stats.blocked_keys;
    bus.stalled_targets += stats.stalled ? 1 : 0;
  }
  // Letters outlive their target, and even their bus.
  for (const store::Log::DeadLetterCount& letters : log.DeadLetterCounts()) {
    buses[letters.bus].dead_letters += letters.count;
  }
  for (auto& [name, bus] : buses) {
    bus.bus = name;
    sample.buses.push_back(std::move(bus));
  }
  return sample;
}

delivery::Dispatcher::Hooks DeliveryHooks(metrics::BrokerMetrics& metrics) {
  delivery::Dispatcher::Hooks hooks;
  hooks.of_target = [&metrics](absl::string_view bus, absl::string_view service) {
    delivery::Dispatcher::TargetHooks target;
    target.on_first_attempt = [&of_bus = metrics.ingest_to_first_attempt.With({bus}),
                               &of_service = metrics.service_ingest_to_first_attempt.With(
                                   {service})](absl::Duration took) {
      of_bus.Observe(took);
      of_service.Observe(took);
    };
    target.on_settled =
        [&of_bus = metrics.ingest_to_settled.With({bus}),
         &of_service = metrics.service_ingest_to_settled.With({service})](absl::Duration took) {
          of_bus.Observe(took);
          of_service.Observe(took);
        };
    return target;
  };
  hooks.on_settlement = [counters = SettlementCounters(metrics)](store::Outcome outcome) {
    counters[static_cast<size_t>(outcome)]->Add();
  };
  hooks.on_discarded = [&metrics](absl::string_view bus, uint64_t count) {
    metrics.discarded_deliveries.With({bus}).Add(count);
  };
  return hooks;
}

void AddStoreMetrics(metrics::Registry& registry, const store::Log& log) {
  // The engine's names as metric names; they are the same at each scrape.
  auto names = std::make_shared<std::map<std::string, std::string>>();
  for (const auto& [name, value] : log.Stats().engine) {
    (*names)[name] = absl::StrCat("pavane_rocksdb_", name);
  }
  metrics::AddGaugeSource(registry, [&log, names] {
    const store::LogStats stats = log.Stats();
    std::vector<metrics::GaugeValue> values = {
        {"pavane_store_bytes", "Bytes of the data directory.",
         static_cast<double>(stats.store_bytes)},
        {"pavane_store_free_bytes", "Free bytes of the data directory's file system.",
         static_cast<double>(stats.disk_free_bytes)},
        {"pavane_store_position", "Position of the last commit.",
         static_cast<double>(stats.last_position.value())},
    };
    for (const auto& [name, value] : stats.engine) {
      const auto found = names->find(name);
      if (found == names->end()) continue;
      values.push_back({found->second, "A property of RocksDB, by its name.", value});
    }
    return values;
  });
}

}  // namespace pavane
