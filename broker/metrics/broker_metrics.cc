#include "metrics/broker_metrics.h"

#include <iterator>

namespace pavane::metrics {
namespace {

constexpr absl::string_view kPublishResults[] = {kPublishAccepted, kPublishDuplicate,
                                                 kPublishScheduled, kPublishRefused};
constexpr absl::string_view kLimits[] = {kLimitBatchEntries,   kLimitBatchBytes, kLimitEventBytes,
                                         kLimitMatchSteps,     kLimitStreams,    kLimitQueue,
                                         kLimitRetentionBytes, kLimitBuses,      kLimitRules,
                                         kLimitPatternLength};

}  // namespace

BrokerMetrics::BrokerMetrics(Registry& registry)
    : publish_results(registry.Counters("pavane_publish_results_total",
                                        "Results of published events.", {"bus", "result"},
                                        std::size(kPublishResults))),
      matched_events(registry.Counters("pavane_matched_events_total",
                                       "Events that at least one rule matched.", {"bus"})),
      triggered_rules(registry.Counters("pavane_triggered_rules_total",
                                        "Rules that matched, summed over events.", {"bus"})),
      limit_hits(registry.Counters("pavane_limit_hits_total",
                                   "Requests refused because of a limit, by its configuration key.",
                                   {"limit"})),
      settlements(registry.Counters("pavane_settlements_total", "Settlements received, by outcome.",
                                    {"outcome"})),
      discarded_deliveries(registry.Counters(
          "pavane_discarded_deliveries_total",
          "Unsettled deliveries deleted together with their rule, target or bus.", {"bus"})),
      expired_dead_letters(
          registry.Counters("pavane_expired_dead_letters_total",
                            "Dead letters deleted since they were too old or too many.", {"bus"})),
      ingest_to_first_attempt(
          registry.Histograms("pavane_ingest_to_first_attempt_seconds",
                              "From accepting an event to a delivery's first attempt, by bus.",
                              {"bus"}, LatencyBounds())),
      ingest_to_settled(registry.Histograms(
          "pavane_ingest_to_settled_seconds",
          "From accepting an event to its delivery's successful settlement, by bus.", {"bus"},
          LatencyBounds())),
      service_ingest_to_first_attempt(
          registry.Histograms("pavane_service_ingest_to_first_attempt_seconds",
                              "From accepting an event to a delivery's first attempt, by service.",
                              {"service"}, LatencyBounds())),
      service_ingest_to_settled(registry.Histograms(
          "pavane_service_ingest_to_settled_seconds",
          "From accepting an event to its delivery's successful settlement, by service.",
          {"service"}, LatencyBounds())),
      streams(registry.AddGauge("pavane_streams", "Connected subscriber streams.")),
      commit_seconds(registry.AddHistogram(
          "pavane_commit_seconds", "Time of one group commit, its sync included.", CommitBounds())),
      fsync_seconds(registry.AddHistogram("pavane_fsync_seconds",
                                          "Time of syncing the write-ahead log.", CommitBounds())),
      commit_entries(registry.AddHistogram("pavane_commit_entries",
                                           "Transactions in one group commit.", EntriesBounds())),
      plugin_restarts(registry.Counters("pavane_plugin_restarts_total",
                                        "Starts of a supervised plugin after its first.",
                                        {"plugin"})) {
  for (absl::string_view outcome :
       {kSettledAck, kSettledNack, kSettledReject, kSettledRelease, kSettledRefused}) {
    settlements.With({outcome});
  }
  for (absl::string_view limit : kLimits) limit_hits.With({limit});
}

void BrokerMetrics::TouchBus(absl::string_view bus) {
  for (absl::string_view result : kPublishResults) {
    publish_results.With({bus, result});
  }
  matched_events.With({bus});
  triggered_rules.With({bus});
  discarded_deliveries.With({bus});
  expired_dead_letters.With({bus});
  ingest_to_first_attempt.With({bus});
  ingest_to_settled.With({bus});
}

void BrokerMetrics::TouchService(absl::string_view service) {
  service_ingest_to_first_attempt.With({service});
  service_ingest_to_settled.With({service});
}

void AddBuildInfo(Registry& registry, absl::string_view version, absl::string_view commit) {
  registry.Gauges("pavane_build_info", "1, with the version that runs.", {"version", "commit"})
      .With({version, commit})
      .Set(1);
}

}  // namespace pavane::metrics
