// The instruments of the broker, by name, so that code which measures needs no metric names:
//
//   metrics.matched_events.With({bus}).Add(n);     // keep the reference where it is hot
//   metrics.fsync_seconds.Observe(took);
//
// One per broker, made at start; the registry must outlive it. What targets count durably is not
// here but comes at each scrape from a TargetCollector's source. docs/metrics.md describes each.
#ifndef PAVANE_METRICS_BROKER_METRICS_H_
#define PAVANE_METRICS_BROKER_METRICS_H_

#include "absl/strings/string_view.h"

#include "metrics/registry.h"

namespace pavane::metrics {

// Values of the label `result` of publish_results.
inline constexpr absl::string_view kPublishAccepted = "accepted";
inline constexpr absl::string_view kPublishDuplicate = "duplicate";
inline constexpr absl::string_view kPublishScheduled = "scheduled";
inline constexpr absl::string_view kPublishRefused = "refused";

// Values of the label `outcome` of settlements.
inline constexpr absl::string_view kSettledAck = "ack";
inline constexpr absl::string_view kSettledNack = "nack";
inline constexpr absl::string_view kSettledReject = "reject";
inline constexpr absl::string_view kSettledRelease = "release";
inline constexpr absl::string_view kSettledRefused = "refused";

// Values of the label `limit` of limit_hits.
inline constexpr absl::string_view kLimitBatchEntries = "limits.batch_entries_max";
inline constexpr absl::string_view kLimitBatchBytes = "limits.batch_bytes_max";
inline constexpr absl::string_view kLimitEventBytes = "limits.event_bytes_max";
inline constexpr absl::string_view kLimitMatchSteps = "limits.match_steps_max";
inline constexpr absl::string_view kLimitStreams = "limits.streams_max";
inline constexpr absl::string_view kLimitBuses = "limits.buses_max";
inline constexpr absl::string_view kLimitRules = "limits.rules_max";
inline constexpr absl::string_view kLimitPatternLength = "limits.pattern_length_max";
inline constexpr absl::string_view kLimitQueue = "store.queue_entries_max";
inline constexpr absl::string_view kLimitRetentionBytes = "retention_bytes_max";  // of the bus

// Members may be used from any thread.
class BrokerMetrics {
 public:
  explicit BrokerMetrics(Registry& registry);

  // Makes the series of a bus or service exist at zero before anything is counted. Call when the
  // bus is created or loaded, the service first seen. Repeated calls do nothing.
  void TouchBus(absl::string_view bus);
  void TouchService(absl::string_view service);

  // Ingress.
  CounterFamily& publish_results;  // bus, result
  CounterFamily& matched_events;   // bus: events that at least one rule matched
  CounterFamily& triggered_rules;  // bus: sum over events of the rules that matched
  CounterFamily& limit_hits;       // limit, one of the above: whoever hits it counts

  // Delivery.
  CounterFamily& settlements;                        // outcome
  CounterFamily& discarded_deliveries;               // bus: deleted with their rule or target
  CounterFamily& expired_dead_letters;               // bus: too old or too many
  HistogramFamily& ingest_to_first_attempt;          // bus, seconds
  HistogramFamily& ingest_to_settled;                // bus, seconds
  HistogramFamily& service_ingest_to_first_attempt;  // service, seconds
  HistogramFamily& service_ingest_to_settled;        // service, seconds
  Gauge& streams;                                    // connected streams

  // Store.
  Histogram& commit_seconds;  // building and appending one commit, sync included
  Histogram& fsync_seconds;   // the sync alone
  Histogram& commit_entries;  // transactions in one commit

  // Supervision.
  CounterFamily& plugin_restarts;  // plugin: starts after the first
};

// pavane_build_info{version,commit} 1
void AddBuildInfo(Registry& registry, absl::string_view version, absl::string_view commit);

}  // namespace pavane::metrics

#endif  // PAVANE_METRICS_BROKER_METRICS_H_
