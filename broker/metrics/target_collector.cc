#include "metrics/target_collector.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace pavane::metrics {
namespace {

constexpr absl::string_view kOther = "_other";

struct CounterRow {
  absl::string_view name;
  absl::string_view help;
  uint64_t (*value)(const TargetCounts&);
};

constexpr CounterRow kTargetCounters[] = {
    {"FailedInvocations", "Deliveries that failed for good, in Amazon EventBridge's meaning.",
     [](const TargetCounts& c) { return c.failed(); }},
    {"pavane_invocations_total", "Deliveries that ended: successes and failures for good.",
     [](const TargetCounts& c) { return c.invocations(); }},
    {"pavane_invocation_attempts_total", "Counted attempts, retries included.",
     [](const TargetCounts& c) { return c.attempts; }},
    {"pavane_retry_invocation_attempts_total", "Counted attempts after a delivery's first.",
     [](const TargetCounts& c) { return c.retries; }},
    {"pavane_successful_invocation_attempts_total", "Attempts that were acknowledged.",
     [](const TargetCounts& c) { return c.successes; }},
};

constexpr CounterRow kBusCounters[] = {
    {"pavane_invocations_created_total", "Deliveries made by matches, forwards and redrives.",
     [](const TargetCounts& c) { return c.created; }},
    {"pavane_dead_letters_total", "Deliveries that failed for good and became dead letters.",
     [](const TargetCounts& c) { return c.sent_to_dead_letters; }},
    {"pavane_lost_deliveries_total",
     "Deliveries that failed for good and were not kept, since the target keeps no dead letters.",
     [](const TargetCounts& c) { return c.lost; }},
};

struct GaugeRow {
  absl::string_view name;
  absl::string_view help;
  uint64_t BusSample::*value;
};

constexpr GaugeRow kBusGauges[] = {
    {"pavane_dead_letters", "Dead letters kept now.", &BusSample::dead_letters},
    {"pavane_parked_deliveries",
     "Deliveries of ordered targets in memory that wait for another one of their key.",
     &BusSample::parked},
    {"pavane_blocked_keys", "Ordering keys held by dead letters.", &BusSample::blocked_keys},
    {"pavane_stalled_targets",
     "Ordered targets that hand out nothing fresh, since too many deliveries are parked.",
     &BusSample::stalled_targets},
};

}  // namespace

TargetCounts& TargetCounts::operator+=(const TargetCounts& other) {
  created += other.created;
  attempts += other.attempts;
  retries += other.retries;
  successes += other.successes;
  for (size_t i = 0; i < failed_by_reason.size(); ++i) {
    failed_by_reason[i] += other.failed_by_reason[i];
  }
  sent_to_dead_letters += other.sent_to_dead_letters;
  lost += other.lost;
  return *this;
}

// One line of each family of targets: a target of its own, or a bus's `_other`.
struct TargetCollector::Series {
  std::string labels;
  uint64_t queued = 0;
  TargetCounts counts;
};

struct TargetCollector::RuleSeries {
  std::string labels;
  uint64_t in_flight = 0;
  double oldest_unsettled_seconds = 0;
};

struct TargetCollector::BusSeries {
  std::string labels;
  const BusSample* sample = nullptr;
  TargetCounts counts;
};

// All that one scrape writes.
struct TargetCollector::Page {
  std::vector<Series> targets;
  std::vector<RuleSeries> rules;
  std::vector<BusSeries> buses;

  void Write(TextWriter& out) const;
};

void TargetCollector::Write(TextWriter& out) {
  DeliverySample sample;
  Page page;
  {
    // Held over the source so that scrapes take turns: an older sample learnt after a newer one
    // would make counters fall. The source knows nothing of this class, so no order of locks.
    MutexLock lock(mu_);
    sample = source_();
    Learn(sample);
    page = Arrange(sample);
  }
  page.Write(out);
}

void TargetCollector::Learn(const DeliverySample& sample) {
  ++scrape_;
  std::vector<const TargetSample*> added;
  for (const TargetSample& target : sample.targets) {
    auto found = known_.find(target.id);
    if (found == known_.end()) {
      added.push_back(&target);
      continue;
    }
    found->second.counts = target.counts;
    found->second.scrape = scrape_;
  }
  RetireVanished();
  // The oldest get the free places, whatever the source's order.
  std::sort(added.begin(), added.end(),
            [](const TargetSample* a, const TargetSample* b) { return a->id < b->id; });
  for (const TargetSample* target : added) {
    bool own = own_series_count_ < targets_max_;
    if (own) ++own_series_count_;
    known_[target->id] = {target->bus, own, scrape_, target->counts};
  }
}

void TargetCollector::RetireVanished() {
  for (auto it = known_.begin(); it != known_.end();) {
    const Known& target = it->second;
    if (target.scrape == scrape_) {
      ++it;
      continue;
    }
    Retired& retired = retired_[target.bus];
    retired.all += target.counts;
    if (target.own_series) {
      --own_series_count_;
    } else {
      retired.other += target.counts;
    }
    known_.erase(it++);
  }
}

TargetCollector::Page TargetCollector::Arrange(const DeliverySample& sample) const {
  Page page;
  std::map<absl::string_view, size_t> bus_index;
  std::map<absl::string_view, Series> others;  // by bus; a scrape's order must be repeatable
  absl::flat_hash_map<std::pair<absl::string_view, absl::string_view>, size_t> rule_index;
  for (const BusSample& bus : sample.buses) {
    auto retired = retired_.find(bus.bus);
    bool has_retired = retired != retired_.end();
    bus_index[bus.bus] = page.buses.size();
    page.buses.push_back(
        {Labels({"bus"}, {bus.bus}), &bus, has_retired ? retired->second.all : TargetCounts()});
    if (has_retired && retired->second.other.created > 0) {
      others[bus.bus].counts = retired->second.other;
    }
  }
  page.targets.reserve(known_.size());
  for (const TargetSample& target : sample.targets) {
    bool own = known_.at(target.id).own_series;
    absl::string_view rule = own ? absl::string_view(target.rule) : kOther;
    if (own) {
      page.targets.push_back(
          {Labels({"bus", "rule", "target"}, {target.bus, target.rule, target.target}),
           target.queued, target.counts});
    } else {
      Series& other = others[target.bus];
      other.queued += target.queued;
      other.counts += target.counts;
    }
    auto [it, is_new] = rule_index.try_emplace({target.bus, rule}, page.rules.size());
    if (is_new) page.rules.push_back({Labels({"bus", "rule"}, {target.bus, rule})});
    RuleSeries& sums = page.rules[it->second];
    sums.in_flight += target.in_flight;
    sums.oldest_unsettled_seconds =
        std::max(sums.oldest_unsettled_seconds, target.oldest_unsettled_seconds);
    auto bus = bus_index.find(target.bus);
    if (bus != bus_index.end()) page.buses[bus->second].counts += target.counts;
  }
  for (auto& [bus, other] : others) {
    other.labels = Labels({"bus", "rule", "target"}, {bus, kOther, kOther});
    page.targets.push_back(std::move(other));
  }
  return page;
}

void TargetCollector::Page::Write(TextWriter& out) const {
  for (const CounterRow& row : kTargetCounters) {
    out.Family(row.name, row.help, Type::kCounter);
    for (const Series& s : targets) out.Sample(row.name, s.labels, row.value(s.counts));
  }
  constexpr absl::string_view kFailed = "pavane_failed_invocations_total";
  out.Family(kFailed, "FailedInvocations by reason.", Type::kCounter);
  for (const Series& s : targets) {
    for (size_t i = 0; i < kFailureReasons.size(); ++i) {
      out.Sample(kFailed, absl::StrCat(s.labels, ",reason=\"", kFailureReasons[i], "\""),
                 s.counts.failed_by_reason[i]);
    }
  }
  out.Family("pavane_queue_depth", "Deliveries waiting, retries included.", Type::kGauge);
  for (const Series& s : targets) out.Sample("pavane_queue_depth", s.labels, s.queued);

  out.Family("pavane_in_flight", "Deliveries leased, by rule.", Type::kGauge);
  for (const RuleSeries& s : rules) out.Sample("pavane_in_flight", s.labels, s.in_flight);
  constexpr absl::string_view kOldest = "pavane_oldest_unsettled_age_seconds";
  out.Family(kOldest, "Age of the rule's oldest unsettled delivery, 0 if there is none.",
             Type::kGauge);
  for (const RuleSeries& s : rules) out.Sample(kOldest, s.labels, s.oldest_unsettled_seconds);

  for (const CounterRow& row : kBusCounters) {
    out.Family(row.name, row.help, Type::kCounter);
    for (const BusSeries& s : buses) out.Sample(row.name, s.labels, row.value(s.counts));
  }
  for (const GaugeRow& row : kBusGauges) {
    out.Family(row.name, row.help, Type::kGauge);
    for (const BusSeries& s : buses) out.Sample(row.name, s.labels, s.sample->*row.value);
  }
}

}  // namespace pavane::metrics
