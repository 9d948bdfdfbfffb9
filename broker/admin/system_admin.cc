#include "admin/system_admin.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/time/time.h"

#include "admin/page_token.h"
#include "base/status_macros.h"
#include "event/duration.h"
#include "event/timestamp.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::GetStatsResponse;
using pavane::admin::v1::ListServicesResponse;
using pavane::admin::v1::ListTargetStatsResponse;

auto Order(const delivery::TargetStats& stats) {
  return std::tie(stats.names->bus, stats.names->rule, stats.names->target);
}

bool Is(const std::string& wanted, const std::string& value) {
  return wanted.empty() || wanted == value;
}

}  // namespace

SystemAdmin::SystemAdmin(About about, Clock& clock, const ingress::RuleBook& rules,
                         const delivery::Dispatcher& dispatcher, const store::Log& log,
                         const Contracts& contracts)
    : about_(std::move(about)),
      clock_(clock),
      rules_(rules),
      dispatcher_(dispatcher),
      log_(log),
      contracts_(contracts) {}

absl::StatusOr<GetStatsResponse> SystemAdmin::GetStats() const {
  GetStatsResponse response;
  response.set_version(about_.version);
  response.set_durability(about_.durability);
  event::SetTimestamp(absl::ToUnixMicros(about_.started_at), response.mutable_started_at());
  event::SetDuration(clock_.Now() - about_.started_at, response.mutable_uptime());
  response.set_boot(log_.boot().value());
  const store::LogStats log = log_.Stats();
  response.set_commit_position(log.last_position.value());
  response.set_store_bytes(log.store_bytes);
  response.set_disk_free_bytes(log.disk_free_bytes);
  const auto catalog = rules_.snapshot()->catalog_ptr();
  response.set_buses(static_cast<uint32_t>(catalog->bus_count()));
  response.set_rules(static_cast<uint32_t>(catalog->rule_count()));
  response.set_targets(static_cast<uint32_t>(catalog->target_count()));
  uint32_t streams = 0;
  for (const delivery::ServiceStats& service : dispatcher_.CollectServiceStats()) {
    streams += static_cast<uint32_t>(service.instances.size());
  }
  response.set_streams(streams);
  for (const delivery::TargetStats& target : dispatcher_.CollectTargetStats()) {
    response.set_queued(response.queued() + target.queued);
    response.set_in_flight(response.in_flight() + target.in_flight);
    response.set_dead_letters(response.dead_letters() + log_.dead_letter_count(target.target));
  }
  const absl::Status ready = about_.readiness ? about_.readiness() : absl::OkStatus();
  response.set_ready(ready.ok());
  response.set_not_ready_reason(std::string(ready.message()));
  if (about_.plugins) {
    for (auto& plugin : about_.plugins()) *response.add_plugins() = std::move(plugin);
  }
  return response;
}

pavane::admin::v1::TargetStats SystemAdmin::Show(const delivery::TargetStats& stats) const {
  pavane::admin::v1::TargetStats shown;
  shown.set_bus(stats.names->bus);
  shown.set_rule(stats.names->rule);
  shown.set_target(stats.names->target);
  shown.set_address(stats.names->address);
  shown.set_queued(stats.queued);
  shown.set_in_flight(stats.in_flight);
  if (stats.queued + stats.in_flight > 0) {
    event::SetDuration(stats.oldest_unsettled_age, shown.mutable_oldest_unsettled_age());
  }
  const store::TargetCounters& counters = stats.counters;
  uint64_t failed = 0;
  for (int reason = 1; reason <= store::kFailureReasons; ++reason) {
    shown.add_failed_by_reason(counters.failed_by_reason[reason]);
    failed += counters.failed_by_reason[reason];
  }
  shown.set_created(counters.created);
  shown.set_invocations(counters.successes + failed);
  shown.set_attempts(counters.attempts);
  shown.set_retries(counters.retries);
  shown.set_successes(counters.successes);
  shown.set_failed_invocations(failed);
  shown.set_sent_to_dead_letters(counters.sent_to_dead_letters);
  shown.set_lost(counters.lost);
  shown.set_discarded(counters.discarded);
  shown.set_dead_letters(log_.dead_letter_count(stats.target));
  shown.set_paused(stats.paused);
  shown.set_parked(stats.parked);
  shown.set_blocked_keys(stats.blocked_keys);
  shown.set_stalled(stats.stalled);
  if (about_.past_events_left) shown.set_past_events_left(about_.past_events_left(stats.target));
  return shown;
}

absl::StatusOr<ListTargetStatsResponse> SystemAdmin::ListTargetStats(
    const pavane::admin::v1::ListTargetStatsRequest& request) const {
  ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const auto token, DecodePageToken(request.page_token(), 3));
  std::vector<delivery::TargetStats> all = dispatcher_.CollectTargetStats();
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return Order(a) < Order(b); });
  ListTargetStatsResponse response;
  for (const delivery::TargetStats& stats : all) {
    const targets::TargetNames& names = *stats.names;
    if (!Is(request.bus(), names.bus) || !Is(request.rule(), names.rule) ||
        !Is(request.target(), names.target)) {
      continue;
    }
    if (!token.empty() && Order(stats) < std::tie(token[0], token[1], token[2])) continue;
    if (size_t(response.targets_size()) == page_size) {
      response.set_next_page_token(EncodePageToken({names.bus, names.rule, names.target}));
      break;
    }
    *response.add_targets() = Show(stats);
  }
  return response;
}

pavane::admin::v1::Service SystemAdmin::Show(const delivery::ServiceStats& stats) const {
  pavane::admin::v1::Service shown;
  shown.set_name(stats.service);
  for (const delivery::InstanceStats& instance : stats.instances) {
    pavane::admin::v1::Instance& added = *shown.add_instances();
    added.set_name(instance.instance);
    added.set_session_id(instance.session_name);
    added.set_peer(instance.peer);
    event::SetTimestamp(absl::ToUnixMicros(instance.connected_at), added.mutable_connected_at());
    added.set_in_flight(instance.in_flight);
    added.set_credit(instance.credit);
    added.set_draining(instance.draining);
  }
  shown.set_targets(stats.targets);
  shown.set_queued(stats.queued);
  shown.set_in_flight(stats.in_flight);
  const auto rule_set = rules_.snapshot()->catalog().FindRuleSet(stats.service);
  shown.set_rule_set_version(rule_set == nullptr ? 0 : rule_set->version);
  if (const auto contract = contracts_.Get(stats.service)) *shown.mutable_contract() = *contract;
  return shown;
}

absl::StatusOr<ListServicesResponse> SystemAdmin::ListServices(
    const pavane::admin::v1::ListServicesRequest& request) const {
  ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const auto token, DecodePageToken(request.page_token(), 1));
  std::vector<delivery::ServiceStats> all = dispatcher_.CollectServiceStats();
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.service < b.service; });
  ListServicesResponse response;
  for (const delivery::ServiceStats& stats : all) {
    if (!absl::StartsWith(stats.service, request.name_prefix())) continue;
    if (!token.empty() && stats.service < token[0]) continue;
    if (size_t(response.services_size()) == page_size) {
      response.set_next_page_token(EncodePageToken({stats.service}));
      break;
    }
    *response.add_services() = Show(stats);
  }
  return response;
}

}  // namespace pavane::admin
