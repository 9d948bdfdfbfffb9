#include "delivery/engine.h"

#include <algorithm>

#include "base/failpoint.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "delivery/checkpoint_transaction.h"
#include "delivery/figures.h"

namespace pavane::delivery {
namespace {

constexpr absl::Duration kSweepInterval = absl::Seconds(1);
// Deliveries dispatched and settled since the last checkpoint beyond which one is written early:
// the log holds their entries in memory until then, and one of many takes the writer long.
constexpr uint64_t kCheckpointChanges = 1 << 18;

}  // namespace

Engine::Engine(LoopContext& context)
    : context_(context),
      catalog_(std::make_shared<store::Catalog>()),
      answers_(Answers::Options{absl::ToInt64Microseconds(context.options.answers_window),
                                context.options.answers_max}),
      services_(context_, leases_),
      targets_(context_, services_),
      ends_(context_, leases_, services_, targets_),
      ages_(context_, targets_, ends_),
      handout_(context_, leases_, services_, targets_, ages_),
      forwards_(context_, targets_, handout_, ends_),
      settlements_(context_, leases_, services_, targets_, ends_, answers_),
      next_sweep_(context.clock.MonotonicNow() + kSweepInterval),
      next_checkpoint_(context.clock.MonotonicNow() + context.options.checkpoint_interval) {}

// ---- recovery

absl::Status Engine::Recover(const std::function<void(TargetId, uint64_t)>& unsettled) {
  recovering_ = true;
  ASSIGN_OR_RETURN(const store::Log::Checkpoint checkpoint, context_.log.ReadCheckpoint());
  RETURN_IF_ERROR(RecoverCatalog(checkpoint.targets));
  FAILPOINT("delivery.catalog_recovered");
  position_ = checkpoint.position;
  const int64_t answers_from =
      checkpoint.last_time_us - absl::ToInt64Microseconds(context_.options.answers_window);
  ASSIGN_OR_RETURN(Position from,
                   context_.log.FindPositionBefore(answers_from, context_.options.answers_max));
  from = std::min(from, checkpoint.position);
  const auto replay = [&](const store::CommitRecord& commit) {
    if (commit.position > checkpoint.position) {
      Fold(commit);
    } else {
      for (const store::SettlementRecord& settlement : commit.settlements) {
        answers_.Add(settlement, commit.time_us);
      }
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(context_.log.ReplayCommits(from, replay, checkpoint.position));
  recovering_ = false;
  for (const auto& [bus, last] : checkpoint.last_sequences) folded_[bus] = last;
  FAILPOINT("delivery.commits_replayed");
  for (const auto& [id, target] : targets_.all()) {
    unsettled(id, target->queue.unsettled());
    targets_.MarkReady(*target);
  }
  return absl::OkStatus();
}

absl::Status Engine::RecoverCatalog(const std::vector<store::TargetState>& states) {
  ASSIGN_OR_RETURN(const std::vector<store::CatalogChange> entries, context_.log.ReadCatalog());
  ASSIGN_OR_RETURN(catalog_, catalog_->Apply(entries, context_.log.catalog_version()));
  absl::flat_hash_map<TargetId, const store::TargetState*> by_target;
  for (const store::TargetState& state : states) by_target[state.target] = &state;
  for (const store::BusEntryPtr& bus : catalog_->Buses()) {
    for (const store::RuleEntryPtr& rule : catalog_->Rules(bus->id, "", SIZE_MAX)) {
      for (int i = 0; i < rule->rule.targets_size(); ++i) {
        auto state = by_target.find(rule->target_ids[i]);
        targets_.Define({.rule = *rule,
                         .index = i,
                         .bus = bus->bus.name(),
                         .is_new = false,
                         .state = state == by_target.end() ? nullptr : state->second});
      }
    }
  }
  return absl::OkStatus();
}

// ---- the fold

void Engine::Fold(const store::CommitRecord& commit) {
  position_ = std::max(position_, commit.position);
  FoldCatalog(commit);
  FoldDeliveries(commit);
}

void Engine::FoldDeliveries(const store::CommitRecord& commit) {
  auto with_target = [this](TargetId id, auto&& act) {
    Target* target = targets_.Find(id);
    if (target == nullptr) return;  // deleted with discard, or by a later commit (replay)
    act(*target);
    target->dirty = true;
    targets_.MarkReady(*target);
  };
  for (const store::ExceptionRecord& exception : commit.exceptions_erased) {
    with_target(exception.ref.target,
                [&](Target& target) { target.queue.OnExceptionErased(exception); });
  }
  for (const store::SettlementRecord& settlement : commit.settlements) {
    with_target(settlement.ref.target, [&](Target& target) { target.queue.OnSettled(settlement); });
    FoldSettlement(settlement, commit.time_us);
  }
  changes_since_checkpoint_ += commit.settlements.size();
  for (const store::ExceptionRecord& exception : commit.exceptions) {
    with_target(exception.ref.target,
                [&](Target& target) { target.queue.OnExceptionPut(exception); });
  }
  for (const store::DeadLetterRecord& letter : commit.dead_letters_erased) {
    if (!letter.blocks_key) continue;
    with_target(letter.ref.target, [&](Target& target) { target.queue.OnUnblocked(letter); });
  }
  for (const store::DeadLetterRecord& letter : commit.dead_letters) {
    if (!letter.blocks_key) continue;
    with_target(letter.ref.target, [&](Target& target) { target.queue.OnBlocked(letter); });
  }
  for (const store::AppendedEvent& appended : commit.events) {
    folded_[appended.event->ref.bus] = appended.event->ref.sequence;
    for (size_t i = 0; i < appended.targets.size(); ++i) {
      with_target(appended.targets[i], [&](Target& target) {
        target.queue.OnDispatched(appended.event->ref.sequence, commit.time_us,
                                  appended.key_hash(i));
      });
    }
    changes_since_checkpoint_ += appended.targets.size();
  }
}

void Engine::FoldSettlement(const store::SettlementRecord& settlement, int64_t time_us) {
  answers_.Add(settlement, time_us);
  if (context_.hooks.on_settlement && !recovering_) {
    context_.hooks.on_settlement(settlement.outcome);
  }
  const std::unique_ptr<Lease> lease = leases_.Remove(settlement.token);
  if (!lease) return;
  if (Target* target = targets_.Find(lease->id.ref.target)) {
    --target->in_flight;
    targets_.MarkReady(*target);
    const Dispatcher::TargetHooks& hooks = targets_.HooksOf(*target);
    if (settlement.outcome == store::Outcome::kAcked && hooks.on_settled) {
      hooks.on_settled(absl::Microseconds(time_us - lease->event->accepted_us));
    }
  }
  if (SessionState* session = services_.FindSession(lease->session)) {
    session->leases.erase(settlement.token);
  }
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
    if (rule != nullptr) DefineRule(*rule);
  }
}

void Engine::DefineRule(const store::RuleEntry& rule) {
  const store::BusEntryPtr bus = catalog_->FindBus(rule.bus_id);
  for (int i = 0; i < rule.rule.targets_size(); ++i) {
    targets_.Define({.rule = rule,
                     .index = i,
                     .bus = bus == nullptr ? "" : bus->bus.name(),
                     .is_new = true,
                     .state = nullptr});
  }
}

void Engine::RemoveTarget(TargetId id) {
  std::vector<uint64_t> tokens;
  leases_.ForEach([&](Lease& lease) {
    if (lease.id.ref.target == id && !lease.settling) tokens.push_back(lease.id.token);
  });
  for (uint64_t token : tokens) {
    const std::unique_ptr<Lease> lease = leases_.Remove(token);
    SessionState* session = services_.FindSession(lease->session);
    if (session == nullptr) continue;
    session->leases.erase(token);
    if (session->stream) session->stream->LeasesLost({EncodeDeliveryId(lease->id)});
  }
  targets_.Remove(id);
}

// ---- time

MonotonicTime Engine::Tick(MonotonicTime expire_until) {
  const MonotonicTime now = context_.MonotonicNow();
  const int64_t now_us = context_.NowUs();
  ends_.EndExpiredLeases(expire_until);
  targets_.Wake(now_us);
  EndLostSessions(now);
  if (now >= next_sweep_) {
    next_sweep_ = ages_.Sweep() ? now : now + kSweepInterval;
    ends_.LogFailuresLeftOut();
  }
  services_.AnswerLatePulls(now);
  if (now >= next_checkpoint_ || changes_since_checkpoint_ >= kCheckpointChanges) Checkpoint();
  MonotonicTime wake = std::min({next_sweep_, next_checkpoint_, leases_.NextExpiry(),
                                 services_.next_lost(), services_.NextPullDeadline()});
  if (const int64_t wake_us = targets_.NextWakeUs(); wake_us != TargetQueue::kNever) {
    wake = std::min(wake, now + absl::Microseconds(wake_us - now_us));
  }
  return std::max(wake, now);
}

void Engine::EndLostSessions(MonotonicTime now) {
  for (uint64_t token : services_.EndLost(now)) {
    ends_.EndLease(token, AttemptOutcome::Kind::kConnectionLost, "CONNECTION_LOST",
                   "the stream broke and was not resumed");
  }
}

// ---- sessions and handing out

void Engine::CloseSession(SessionId session, CloseKind kind) {
  handout_.Requeue(services_.Close(session, kind));
}

void Engine::Drain(absl::Time until) {
  context_.draining = true;
  services_.Drain(until);
}

bool Engine::Pump() {
  const bool more = handout_.Pump();
  forwards_.Pump();
  return more;
}

// ---- checkpoint and figures

void Engine::Checkpoint() {
  changes_since_checkpoint_ = 0;
  next_checkpoint_ = context_.clock.MonotonicNow() + context_.options.checkpoint_interval;
  std::vector<store::TargetState> dirty;
  std::vector<Target*> written;
  for (const auto& [id, target] : targets_.all()) {
    if (!target->dirty) continue;
    target->dirty = false;
    written.push_back(target.get());
    dirty.push_back(target->queue.Checkpoint());
  }
  if ((dirty.empty() && targets_.gone().empty()) || context_.writer == nullptr) return;
  const int64_t keep_from_us =
      context_.NowUs() - absl::ToInt64Microseconds(context_.options.answers_window);
  std::unique_ptr<store::Transaction> transaction = std::make_unique<CheckpointTransaction>(
      context_.log, position_, std::move(dirty), targets_.gone(), keep_from_us);
  if (context_.writer->Submit(transaction)) {
    FAILPOINT("delivery.checkpoint_queued");
    targets_.ForgetGone();
    return;
  }
  for (Target* target : written) target->dirty = true;  // next time
}

std::vector<TargetStats> Engine::CollectTargetStats() {
  return delivery::CollectTargetStats(targets_, leases_, context_.NowUs());
}

std::vector<ServiceStats> Engine::CollectServiceStats() {
  return delivery::CollectServiceStats(services_, targets_);
}

LowWater Engine::LowWaterOf(BusId bus) const {
  // Not the log's newest: what is committed but not folded yet may be needed as well.
  const auto folded = folded_.find(bus);
  LowWater low;
  low.sequence = folded == folded_.end() ? Sequence(1) : folded->second.Next();
  for (const auto& [id, target] : targets_.all()) {
    if (target->queue.bus() != bus) continue;
    const std::optional<Sequence> needed = target->queue.LowWater();
    if (needed && *needed < low.sequence) low = {*needed, id};
  }
  return low;
}

}  // namespace pavane::delivery
