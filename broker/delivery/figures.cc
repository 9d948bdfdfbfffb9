#include "delivery/figures.h"

#include <algorithm>
#include <utility>

namespace pavane::delivery {
namespace {

using Oldest = absl::flat_hash_map<TargetId, int64_t>;

Oldest OldestLeased(LeaseTable& leases) {
  Oldest oldest;
  leases.ForEach([&](Lease& lease) {
    const int64_t from =
        lease.entry.exception ? lease.entry.exception->age_from_us : lease.event->accepted_us;
    auto [it, added] = oldest.try_emplace(lease.id.ref.target, from);
    if (!added) it->second = std::min(it->second, from);
  });
  return oldest;
}

}  // namespace

std::vector<TargetStats> CollectTargetStats(const TargetTable& targets, LeaseTable& leases,
                                            int64_t now_us) {
  const Oldest oldest_leased = OldestLeased(leases);
  std::vector<TargetStats> all;
  all.reserve(targets.all().size());
  for (const auto& [id, target] : targets.all()) {
    TargetStats stats;
    stats.target = id;
    stats.bus = target->queue.bus();
    stats.names = target->names;
    stats.counters = target->queue.counters();
    stats.queued = target->queue.queued();
    stats.in_flight = target->in_flight;
    stats.paused = target->paused;
    stats.parked = target->queue.parked();
    stats.blocked_keys = target->queue.blocked_keys();
    stats.stalled = target->queue.stalled();
    int64_t oldest = target->queue.OldestUs();
    if (auto leased = oldest_leased.find(id); leased != oldest_leased.end()) {
      oldest = std::min(oldest, leased->second);
    }
    if (oldest != TargetQueue::kNever) {
      stats.oldest_unsettled_age = absl::Microseconds(std::max<int64_t>(now_us - oldest, 0));
    }
    all.push_back(std::move(stats));
  }
  return all;
}

std::vector<ServiceStats> CollectServiceStats(const ServiceTable& services, TargetTable& targets) {
  std::vector<ServiceStats> all;
  for (const auto& [name, service] : services.services()) {
    ServiceStats stats;
    stats.service = name;
    for (const SessionState* session : service->sessions) {
      stats.instances.push_back({session->instance, session->session_name, session->peer,
                                 session->connected_at, session->leases.size(), session->credit,
                                 session->draining});
    }
    stats.targets = static_cast<uint32_t>(service->targets.size());
    for (TargetId id : service->targets) {
      const Target& target = *targets.Find(id);
      stats.queued += target.queue.queued();
      stats.in_flight += target.in_flight;
    }
    all.push_back(std::move(stats));
  }
  return all;
}

}  // namespace pavane::delivery
