#include "delivery/engine.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

#include "base/log.h"
#include "base/status_macros.h"
#include "delivery/checkpoint_transaction.h"
#include "delivery/unsettled_counts.h"

namespace pavane::delivery {
namespace {

constexpr absl::Duration kSweepInterval = absl::Seconds(1);
constexpr int kExpiriesPerSweep = 256;  // of one target, so that a backlog expires in steps
constexpr int kLeaseExpiriesPerTick = 1024;
constexpr absl::Duration kWriterBusyPause = absl::Milliseconds(50);

}  // namespace

Engine::Engine(Environment environment, const Dispatcher::Options& options)
    : env_(std::move(environment)),
      options_(options),
      policy_defaults_(
          DefaultPolicy(options.retry_defaults, options.lease_default, options.in_flight_max)),
      catalog_(std::make_shared<store::Catalog>()),
      answers_(
          Answers::Options{absl::ToInt64Microseconds(options.answers_window), options.answers_max}),
      next_sweep_(env_.clock.MonotonicNow() + kSweepInterval),
      next_checkpoint_(env_.clock.MonotonicNow() + options.checkpoint_interval) {}

int64_t Engine::NowUs() const { return absl::ToUnixMicros(env_.clock.Now()); }

// ---- recovery

absl::Status Engine::Recover(const std::function<void(TargetId, uint64_t)>& unsettled) {
  recovering_ = true;
  ASSIGN_OR_RETURN(const std::vector<store::CatalogChange> entries, env_.log.ReadCatalog());
  ASSIGN_OR_RETURN(catalog_, catalog_->Apply(entries, env_.log.catalog_version()));
  ASSIGN_OR_RETURN(const store::Log::Checkpoint checkpoint, env_.log.ReadCheckpoint());
  absl::flat_hash_map<TargetId, const store::TargetState*> states;
  for (const store::TargetState& state : checkpoint.targets) states[state.target] = &state;
  for (const store::BusEntryPtr& bus : catalog_->Buses()) {
    for (const store::RuleEntryPtr& rule : catalog_->Rules(bus->id, "", SIZE_MAX)) {
      for (int i = 0; i < rule->rule.targets_size(); ++i) {
        auto state = states.find(rule->target_ids[i]);
        DefineTarget(*rule, i, false, state == states.end() ? nullptr : state->second);
      }
    }
  }
  position_ = checkpoint.position;
  const int64_t answers_from =
      checkpoint.last_time_us - absl::ToInt64Microseconds(options_.answers_window);
  ASSIGN_OR_RETURN(Position from, env_.log.FindPositionBefore(answers_from, options_.answers_max));
  from = std::min(from, checkpoint.position);
  RETURN_IF_ERROR(env_.log.ReplayCommits(from, [&](const store::CommitRecord& commit) {
    if (commit.position > checkpoint.position) {
      Fold(commit);
    } else {
      for (const store::SettlementRecord& settlement : commit.settlements) {
        answers_.Add(settlement, commit.time_us);
      }
    }
    return absl::OkStatus();
  }));
  recovering_ = false;
  for (auto& [id, target] : targets_) {
    unsettled(id, target->queue.unsettled());
    MarkReady(*target);
  }
  return absl::OkStatus();
}

// ---- the fold

void Engine::Fold(const store::CommitRecord& commit) {
  position_ = std::max(position_, commit.position);
  FoldCatalog(commit);
  auto with_target = [this](TargetId id, auto&& act) {
    auto found = targets_.find(id);
    if (found == targets_.end()) return;  // deleted with discard, or by a later commit (replay)
    act(*found->second);
    found->second->dirty = true;
    MarkReady(*found->second);
  };
  for (const store::ExceptionRecord& exception : commit.exceptions_erased) {
    with_target(exception.ref.target,
                [&](Target& target) { target.queue.OnExceptionErased(exception); });
  }
  for (const store::SettlementRecord& settlement : commit.settlements) {
    with_target(settlement.ref.target, [&](Target& target) { target.queue.OnSettled(settlement); });
    FoldSettlement(settlement, commit.time_us);
  }
  for (const store::ExceptionRecord& exception : commit.exceptions) {
    with_target(exception.ref.target,
                [&](Target& target) { target.queue.OnExceptionPut(exception); });
  }
  for (const store::AppendedEvent& appended : commit.events) {
    for (TargetId id : appended.targets) {
      with_target(id, [&](Target& target) {
        target.queue.OnDispatched(appended.event->ref.sequence, commit.time_us);
      });
    }
  }
}

void Engine::FoldSettlement(const store::SettlementRecord& settlement, int64_t time_us) {
  answers_.Add(settlement, time_us);
  if (hooks_.on_settlement) hooks_.on_settlement(settlement.outcome);
  std::optional<Lease> lease = leases_.Remove(settlement.token);
  if (!lease) return;
  auto found = targets_.find(lease->id.ref.target);
  if (found != targets_.end()) {
    Target& target = *found->second;
    --target.in_flight;
    MarkReady(target);
    if (settlement.outcome == store::Outcome::kAcked && hooks_.on_settled) {
      hooks_.on_settled(target.names->bus, target.far_end,
                        absl::Microseconds(time_us - lease->event->accepted_us));
    }
  }
  auto session = sessions_.find(lease->session);
  if (session != sessions_.end()) session->second->leases.erase(settlement.token);
}

// ---- the catalog

void Engine::FoldCatalog(const store::CommitRecord& commit) {
  if (commit.catalog.empty() || recovering_) return;  // replay: Recover has it all
  auto next = catalog_->Apply(commit.catalog, commit.catalog_version);
  if (!next.ok()) {
    LOG_ERROR("catalog change does not apply: {}", next.status().ToString());
    return;
  }
  const std::shared_ptr<const store::Catalog> before = std::exchange(catalog_, *next);
  for (const store::CatalogChange& change : commit.catalog) {
    if (change.kind != store::CatalogChange::Kind::kRule) continue;
    const store::RuleEntryPtr old_rule = before->FindRule(RuleId(change.id));
    const store::RuleEntryPtr rule = catalog_->FindRule(RuleId(change.id));
    if (old_rule != nullptr) {
      for (TargetId id : old_rule->target_ids) {
        if (catalog_->FindTarget(id).rule == nullptr) RemoveTarget(id);
      }
    }
    if (rule != nullptr) DefineRule(*rule, true);
  }
}

void Engine::DefineRule(const store::RuleEntry& rule, bool is_new) {
  for (int i = 0; i < rule.rule.targets_size(); ++i) DefineTarget(rule, i, is_new, nullptr);
}

void Engine::DefineTarget(const store::RuleEntry& rule, int index, bool is_new,
                          const store::TargetState* state) {
  const pavane::admin::v1::Target& definition = rule.rule.targets(index);
  const TargetId id = rule.target_ids[index];
  std::unique_ptr<Target>& target = targets_[id];
  const std::string far_end_before = target ? target->far_end : "";
  const bool dialled_before = target != nullptr && target->dial_out;
  if (target == nullptr) {
    store::TargetState start;
    if (state != nullptr) start = *state;
    start.target = id;
    start.bus = rule.bus_id;
    target = std::make_unique<Target>(env_.log, start, options_.window_max, is_new);
  }
  const store::BusEntryPtr bus = catalog_->FindBus(rule.bus_id);
  auto names = std::make_shared<targets::TargetNames>();
  names->bus = bus == nullptr ? "" : bus->bus.name();
  names->rule = rule.rule.name();
  names->target = definition.id();
  names->address = definition.address();
  target->names = names;
  target->policy = ResolvePolicy(definition, policy_defaults_);
  target->paused = definition.paused();
  target->dirty = true;
  absl::string_view address = definition.address();
  target->kind =
      absl::ConsumePrefix(&address, "bus:") ? Target::Kind::kBus : Target::Kind::kService;
  target->dial_out =
      absl::StartsWith(address, "grpc://") || absl::StartsWith(address, "grpc+unix:");
  absl::ConsumePrefix(&address, "service:");
  target->far_end = std::string(address);
  if (target->far_end != far_end_before && !far_end_before.empty()) {
    if (auto old = services_.find(far_end_before); old != services_.end()) {
      old->second->targets.erase(id);
      DropIfUnused(far_end_before);
    }
    target->in_ready = false;
    if (dialled_before && --dialled_[far_end_before] == 0) {
      dialled_.erase(far_end_before);
      if (dial_out_ != nullptr) dial_out_->Unwatch(far_end_before);
    }
  }
  if (target->kind == Target::Kind::kService) {
    ServiceNamed(target->far_end).targets.insert(id);
  }
  if (target->dial_out && target->far_end != far_end_before && dialled_[target->far_end]++ == 0 &&
      dial_out_ != nullptr) {
    dial_out_->Watch(target->far_end);
  }
  MarkReady(*target);
}

void Engine::RemoveTarget(TargetId id) {
  auto found = targets_.find(id);
  if (found == targets_.end()) return;
  Target& target = *found->second;
  const uint64_t discarded = target.queue.unsettled();
  if (discarded > 0) {
    LOG_WARNING("deliveries discarded with their target", {{"bus", target.names->bus},
                                                           {"rule", target.names->rule},
                                                           {"target", target.names->target},
                                                           {"deliveries", discarded}});
    if (hooks_.on_discarded) hooks_.on_discarded(target.names->bus, discarded);
  }
  std::vector<uint64_t> tokens;
  leases_.ForEach([&](Lease& lease) {
    if (lease.id.ref.target == id && !lease.settling) tokens.push_back(lease.id.token);
  });
  for (uint64_t token : tokens) {
    const std::optional<Lease> lease = leases_.Remove(token);
    auto session = sessions_.find(lease->session);
    if (session == sessions_.end()) continue;
    session->second->leases.erase(token);
    if (session->second->stream) session->second->stream->LeasesLost({EncodeDeliveryId(lease->id)});
  }
  target_timers_.erase({target.timer_us, id});
  if (target.dial_out && --dialled_[target.far_end] == 0) {
    dialled_.erase(target.far_end);
    if (dial_out_ != nullptr) dial_out_->Unwatch(target.far_end);
  }
  const std::string far_end = target.far_end;
  targets_.erase(found);
  gone_.push_back(id);
  if (auto service = services_.find(far_end); service != services_.end()) {
    service->second->targets.erase(id);
    DropIfUnused(far_end);
  }
}

// ---- time

MonotonicTime Engine::Tick() {
  const MonotonicTime now = env_.clock.MonotonicNow();
  const int64_t now_us = NowUs();
  ExpireLeases(now);
  WakeTargets(now_us);
  if (now >= next_sweep_) {
    next_sweep_ = now + kSweepInterval;
    EndLostSessions(now);
    SweepAges();
    if (failures_logged_ > kFailureLinesPerSecond) {
      LOG_WARNING("further deliveries failed for good",
                  {{"deliveries", failures_logged_ - kFailureLinesPerSecond}});
    }
    failures_logged_ = 0;
  }
  AnswerLatePulls(now);
  if (now >= next_checkpoint_) Checkpoint();
  MonotonicTime wake = std::min({next_sweep_, next_checkpoint_, leases_.NextExpiry()});
  if (!target_timers_.empty()) {
    wake = std::min(wake, now + absl::Microseconds(target_timers_.begin()->first - now_us));
  }
  for (const auto& [name, service] : services_) {
    for (const PullWaiter& pull : service->pulls) wake = std::min(wake, pull.deadline);
  }
  return std::max(wake, now);
}

void Engine::ExpireLeases(MonotonicTime now) {
  for (int i = 0; i < kLeaseExpiriesPerTick; ++i) {
    const std::optional<uint64_t> token = leases_.Expired(now);
    if (!token) return;
    EndLease(*token, AttemptOutcome::Kind::kLeaseExpired, "LEASE_EXPIRED",
             "no settlement within the lease");
  }
}

void Engine::WakeTargets(int64_t now_us) {
  while (!target_timers_.empty() && target_timers_.begin()->first <= now_us) {
    const TargetId id = target_timers_.begin()->second;
    target_timers_.erase(target_timers_.begin());
    auto found = targets_.find(id);
    if (found == targets_.end()) continue;
    found->second->timer_us = TargetQueue::kNever;
    MarkReady(*found->second);
  }
}

void Engine::EndLostSessions(MonotonicTime now) {
  std::vector<SessionId> over;
  for (const auto& [id, session] : sessions_) {
    if (session->stream == nullptr && session->resume_until <= now) over.push_back(id);
  }
  for (SessionId id : over) {
    const std::vector<uint64_t> tokens(sessions_[id]->leases.begin(), sessions_[id]->leases.end());
    sessions_.erase(id);
    aliases_.erase(id);
    for (uint64_t token : tokens) {
      EndLease(token, AttemptOutcome::Kind::kConnectionLost, "CONNECTION_LOST",
               "the stream broke and was not resumed");
    }
  }
}

void Engine::AnswerLatePulls(MonotonicTime now) {
  std::vector<std::string> unused;
  for (auto& [name, service] : services_) {
    while (!service->pulls.empty() && service->pulls.front().deadline <= now) {
      PullWaiter pull = std::move(service->pulls.front());
      service->pulls.pop_front();
      pull.callback(std::move(pull.batch));
    }
    if (service->unused()) unused.push_back(name);
  }
  for (const std::string& name : unused) DropIfUnused(name);
}

void Engine::SweepAges() {
  const int64_t now_us = NowUs();
  bool more = false;
  for (auto& [id, target] : targets_) {
    if (target->stalled_until_us != 0 && target->stalled_until_us <= now_us) {
      target->stalled_until_us = 0;
      MarkReady(*target);
    }
    if (target->queue.queued() > 0 && ExpireSome(*target, now_us)) more = true;
  }
  if (more) next_sweep_ = env_.clock.MonotonicNow();
}

bool Engine::ExpireSome(Target& target, int64_t now_us) {
  if (target.stalled_until_us > now_us) return false;
  const int64_t limit_us = now_us - absl::ToInt64Microseconds(target.policy.age_max);
  std::vector<SettleItem> items;
  std::vector<TargetQueue::Entry> entries;
  while (items.size() < kExpiriesPerSweep) {
    std::optional<TargetQueue::Entry> entry = target.queue.TakeOlderThan(limit_us, now_us);
    if (!entry) break;
    const absl::StatusOr<event::StoredEventPtr> event = EventOf(*entry);
    if (!event.ok()) {
      LOG_ERROR("event of an old delivery cannot be read: {}", event.status().ToString());
      target.queue.PutBack(*std::move(entry));
      Stall(target, absl::Minutes(1));
      break;
    }
    AttemptOutcome outcome;
    outcome.kind = AttemptOutcome::Kind::kAgeExceeded;
    AttemptError error{"AGE_EXCEEDED", "older than the target's limit"};
    if (entry->exception && !entry->exception->error_code.empty()) {
      error = {entry->exception->error_code, entry->exception->error_message};
    }
    items.push_back(MakeItem(target, *entry, **event, 0, outcome, error));
    entries.push_back(*std::move(entry));
  }
  if (items.empty()) return false;
  const bool full = items.size() == kExpiriesPerSweep;
  if (SubmitOwn(std::move(items))) return full;
  for (TargetQueue::Entry& entry : entries) target.queue.PutBack(std::move(entry));
  Stall(target, kWriterBusyPause);
  return false;
}

// ---- checkpoint and figures

void Engine::Checkpoint() {
  next_checkpoint_ = env_.clock.MonotonicNow() + options_.checkpoint_interval;
  std::vector<store::TargetState> dirty;
  for (auto& [id, target] : targets_) {
    if (!target->dirty) continue;
    target->dirty = false;
    dirty.push_back(target->queue.Checkpoint());
  }
  if ((dirty.empty() && gone_.empty()) || writer_ == nullptr) return;
  const int64_t keep_from_us = NowUs() - absl::ToInt64Microseconds(options_.answers_window);
  std::vector<TargetId> written;
  for (const store::TargetState& state : dirty) written.push_back(state.target);
  std::unique_ptr<store::Transaction> transaction = std::make_unique<CheckpointTransaction>(
      env_.log, position_, std::move(dirty), gone_, keep_from_us);
  if (writer_->Submit(transaction)) {
    gone_.clear();
    return;
  }
  for (TargetId id : written) targets_[id]->dirty = true;  // next time
}

std::vector<TargetStats> Engine::CollectTargetStats() {
  const int64_t now_us = NowUs();
  std::vector<TargetStats> all;
  all.reserve(targets_.size());
  absl::flat_hash_map<TargetId, int64_t> oldest_leased;
  leases_.ForEach([&](Lease& lease) {
    const int64_t from =
        lease.entry.exception ? lease.entry.exception->age_from_us : lease.event->accepted_us;
    auto [it, added] = oldest_leased.try_emplace(lease.id.ref.target, from);
    if (!added) it->second = std::min(it->second, from);
  });
  for (auto& [id, target] : targets_) {
    TargetStats stats;
    stats.target = id;
    stats.bus = target->queue.bus();
    stats.names = target->names;
    stats.counters = target->queue.counters();
    stats.queued = target->queue.queued();
    stats.in_flight = target->in_flight;
    stats.paused = target->paused;
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

std::vector<ServiceStats> Engine::CollectServiceStats() {
  std::vector<ServiceStats> all;
  for (const auto& [name, service] : services_) {
    ServiceStats stats;
    stats.service = name;
    for (const SessionState* session : service->sessions) {
      stats.instances.push_back({session->instance, session->session_name, session->peer,
                                 session->connected_at, session->leases.size(), session->credit,
                                 session->draining});
    }
    stats.targets = static_cast<uint32_t>(service->targets.size());
    for (TargetId id : service->targets) {
      const Target& target = *targets_[id];
      stats.queued += target.queue.queued();
      stats.in_flight += target.in_flight;
    }
    all.push_back(std::move(stats));
  }
  return all;
}

Sequence Engine::LowWater(BusId bus) {
  Sequence low = env_.log.EventRange(bus).second.Next();
  for (const auto& [id, target] : targets_) {
    if (target->queue.bus() != bus) continue;
    if (const std::optional<Sequence> needed = target->queue.LowWater()) {
      low = std::min(low, *needed);
    }
  }
  return low;
}

}  // namespace pavane::delivery
