#include "ingress/publish_transaction.h"

#include <string>
#include <utility>

#include "base/failpoint.h"
#include "base/status_macros.h"
#include "event/reason.h"
#include "event/view_buffer.h"
#include "ingress/due_events.h"
#include "ingress/gate.h"

namespace pavane::ingress {
namespace {

/// Results of one bus, so that an instrument is looked up once a call and bus.
struct BusCounts {
  absl::string_view bus;
  uint64_t accepted = 0;
  uint64_t duplicate = 0;
  uint64_t scheduled = 0;
  uint64_t refused = 0;
  uint64_t matched = 0;
  uint64_t rules = 0;

  void Add(const pavane::v1::PublishResult& result) {
    if (result.has_error()) {
      ++refused;
    } else if (result.duplicate()) {
      ++duplicate;
    } else if (result.scheduled()) {
      ++scheduled;
    } else if (result.sequence() > 0) {
      ++accepted;
      matched += result.matched_rules() > 0 ? 1 : 0;
      rules += result.matched_rules();
    }
  }

  void Report(metrics::BrokerMetrics& metrics) const {
    if (refused > 0) metrics.publish_results.With({bus, metrics::kPublishRefused}).Add(refused);
    if (duplicate > 0) {
      metrics.publish_results.With({bus, metrics::kPublishDuplicate}).Add(duplicate);
    }
    if (scheduled > 0) {
      metrics.publish_results.With({bus, metrics::kPublishScheduled}).Add(scheduled);
    }
    if (accepted > 0) metrics.publish_results.With({bus, metrics::kPublishAccepted}).Add(accepted);
    if (matched == 0) return;
    metrics.matched_events.With({bus}).Add(matched);
    metrics.triggered_rules.With({bus}).Add(rules);
  }
};

void Count(metrics::BrokerMetrics* metrics, const pavane::v1::PublishResponse& response) {
  if (metrics == nullptr) return;
  BusCounts counts;  // runs of one bus: a batch seldom has several
  for (const pavane::v1::PublishResult& result : response.results()) {
    // Clients choose the name of a bus; one that does not exist makes no series.
    const bool unknown_bus = result.error().reason() == pavane::v1::UNKNOWN_BUS;
    const absl::string_view bus = unknown_bus ? absl::string_view("_other") : result.bus();
    if (bus != counts.bus) {
      counts.Report(*metrics);
      counts = BusCounts{bus};
    }
    counts.Add(result);
  }
  counts.Report(*metrics);
}

}  // namespace

void RefuseOthers(pavane::v1::PublishResponse& response) {
  for (pavane::v1::PublishResult& result : *response.mutable_results()) {
    result.set_sequence(0);
    result.set_matched_rules(0);
    result.set_duplicate(false);
    result.set_scheduled(false);
    if (result.has_error()) continue;
    *result.mutable_error() =
        event::ToError(event::Refused(absl::StatusCode::kAborted, pavane::v1::BATCH_REFUSED,
                                      "another entry of this all_or_nothing batch was refused"));
  }
}

PublishTransaction::PublishTransaction(const RuleBook& rules, metrics::BrokerMetrics* metrics,
                                       Call call)
    : rules_(rules), metrics_(metrics), call_(std::move(call)) {
  for (const PublishItem& item : call_.items) {
    bytes_ += 256 + item.event.bytes.size() + item.matched.targets.size() * sizeof(TargetId);
  }
}

absl::Status PublishTransaction::MatchAgain(const RuleSnapshot& now, PublishItem& item) {
  const BusRulesPtr rules = now.FindBus(item.event.ref.bus);
  if (rules == nullptr) return UnknownBus(item.rules->bus->bus.name());
  if (rules == item.rules) return absl::OkStatus();
  event::ViewBuffer buffer;
  ASSIGN_OR_RETURN(const event::EventView view, buffer.FillStored(item.event));
  ASSIGN_OR_RETURN(item.matched, now.Match(*rules, view));
  item.rules = rules;
  return absl::OkStatus();
}

absl::Status PublishTransaction::AppendOrSchedule(PublishItem& item, store::CommitBuilder& commit,
                                                  pavane::v1::PublishResult& result) {
  store::AppendResult done;
  if (item.due_us > commit.time_us()) {
    RETURN_IF_ERROR(CheckSchedule(commit, item.due_us));
    done = commit.ScheduleEvent(std::move(item.event), item.due_us);
  } else {
    item.event.matched_rules = item.matched.rules;
    done = commit.AppendEvent(std::move(item.event), std::move(item.matched.targets),
                              std::move(item.matched.key_hashes));
  }
  result.set_sequence(done.event.sequence.value());
  result.set_matched_rules(done.matched_rules);
  result.set_duplicate(done.duplicate);
  result.set_scheduled(done.scheduled);
  return absl::OkStatus();
}

absl::Status PublishTransaction::Prepare(store::CommitBuilder& commit) {
  const RuleSnapshotPtr now = rules_.snapshot();
  for (PublishItem& item : call_.items) {
    pavane::v1::PublishResult& result = *call_.response.mutable_results(item.index);
    absl::Status status = MatchAgain(*now, item);
    if (status.ok()) status = AppendOrSchedule(item, commit, result);
    if (!status.ok()) {
      *result.mutable_error() = event::ToError(status);
      if (!call_.all_or_nothing) continue;
      refused_ = true;
      return status;
    }
    FAILPOINT("ingress.publish_prepared");
  }
  return absl::OkStatus();
}

void PublishTransaction::Complete(const absl::Status& status) {
  if (refused_) {
    RefuseOthers(call_.response);
    Answer(std::move(call_), absl::OkStatus(), metrics_);
  } else {
    Answer(std::move(call_), ToCaller(status), metrics_);
  }
  FAILPOINT("ingress.publish_answered");
}

void PublishTransaction::Answer(Call call, const absl::Status& status,
                                metrics::BrokerMetrics* metrics) {
  if (status.ok()) {
    Count(metrics, call.response);
    call.callback(std::move(call.response));
    return;
  }
  const bool others_refused = call.items.size() < size_t(call.response.results_size());
  for (const PublishItem& item : call.items) {
    pavane::v1::PublishResult& result = *call.response.mutable_results(item.index);
    result.set_sequence(0);
    result.set_matched_rules(0);
    result.set_duplicate(false);
    result.set_scheduled(false);
    *result.mutable_error() = event::ToError(status);
  }
  Count(metrics, call.response);
  if (others_refused) {
    call.callback(std::move(call.response));
  } else {
    call.callback(status);
  }
}

}  // namespace pavane::ingress
