#include "store/commit_builder_state.h"

#include <algorithm>

#include "base/check.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "store/catalog.h"

namespace pavane::store {
namespace {

// Recorded time itself runs ahead by a microsecond a commit when the clock stands.
constexpr int64_t kClockBehindToleratedUs = 1'000'000;

}  // namespace

DedupPolicy DedupPolicyOf(const pavane::admin::v1::Bus& bus, DedupPolicy fallback) {
  DedupPolicy policy = fallback;
  if (bus.has_dedup_window()) {
    policy.window_us =
        bus.dedup_window().seconds() * 1'000'000 + bus.dedup_window().nanos() / 1'000;
  }
  if (bus.dedup_ids_max() != 0) policy.ids_max = bus.dedup_ids_max();
  return policy;
}

absl::Status CommitBuilder::State::Load(Log& log, int64_t now_us) {
  log_ = &log;
  ASSIGN_OR_RETURN(const Log::Checkpoint checkpoint, log.ReadCheckpoint());
  position_ = log.last_position();
  last_time_us_ = checkpoint.last_time_us;
  catalog_version_ = log.catalog_version();
  if (now_us < last_time_us_ - kClockBehindToleratedUs) {
    LOG_WARNING("the clock is behind the last recorded time",
                {{"behind", absl::Microseconds(last_time_us_ - now_us)}});
  }
  absl::flat_hash_map<BusId, DedupPolicy> policies;
  for (const auto& [bus, sequence] : checkpoint.last_sequences) policies[bus] = dedup_default_;
  ASSIGN_OR_RETURN(const std::vector<CatalogChange> catalog, log.ReadCatalog());
  for (const CatalogChange& change : catalog) {
    if (change.kind != CatalogChange::Kind::kBus) continue;
    ASSIGN_OR_RETURN(const BusEntry entry, DecodeBus(change.bytes));
    policies[entry.id] = DedupPolicyOf(entry.bus, dedup_default_);
  }
  for (const auto& [bus, policy] : policies) {
    RETURN_IF_ERROR(log.LoadDedup(bus, policy, std::max(now_us, last_time_us_)));
    buses_[bus] = std::make_unique<Bus>(log.dedup(bus));
  }
  for (const auto& [bus, sequence] : checkpoint.last_sequences) BusOf(bus).last = sequence;
  RETURN_IF_ERROR(log.VisitScheduled(std::nullopt, [this](const ScheduledEvent& scheduled) {
    const event::StoredEvent& event = *scheduled.event;
    scheduled_.Add(scheduled.id, event.ref.bus,
                   Deduplicates(event) ? event.dedup_hash : event::Hash128());
    return true;
  }));
  scheduled_.Mark();
  ASSIGN_OR_RETURN(const std::vector<FillRecord> fills, log.ReadFills());
  for (const FillRecord& fill : fills) fills_[fill.target] = fill;
  return absl::OkStatus();
}

CommitBuilder::State::Bus& CommitBuilder::State::BusOf(BusId id) {
  std::unique_ptr<Bus>& bus = buses_[id];
  if (bus == nullptr) {
    bus = std::make_unique<Bus>(log_->dedup(id));
    bus->dedup.set_policy(dedup_default_);
  }
  return *bus;
}

bool CommitBuilder::State::Deduplicates(const event::StoredEvent& event) {
  return event.dedup_hash != event::Hash128() && BusOf(event.ref.bus).dedup.policy().window_us > 0;
}

std::optional<AppendResult> CommitBuilder::State::FirstOf(const event::StoredEvent& event) {
  const BusId bus = event.ref.bus;
  if (scheduled_.Contains(bus, event.dedup_hash)) return AppendResult{{bus, {}}, 0, true, true};
  const auto first = BusOf(bus).dedup.Find(event.dedup_hash, time_us_);
  // An answer that cannot be read is not guessed: this commit and all later ones fail.
  if (!first.ok()) log_->Fail(first.status());
  if (!first.ok() || !first->has_value()) return std::nullopt;
  return AppendResult{{bus, (*first)->sequence}, (*first)->matched_rules, true};
}

void CommitBuilder::State::Begin(int64_t now_us) {
  CHECK(commit_->empty()) << "the commit before was finished";
  time_us_ = std::max(now_us, last_time_us_ + 1);
  dispatched_.clear();
  letters_erased_.clear();
}

void CommitBuilder::State::Mark() {
  marked_ = {commit_->events.size(),           commit_->settlements.size(),
             commit_->exceptions.size(),       commit_->exceptions_erased.size(),
             commit_->dead_letters.size(),     commit_->dead_letters_erased.size(),
             commit_->catalog.size(),          commit_->scheduled.size(),
             commit_->scheduled_erased.size(), commit_->fills.size()};
  scheduled_.Mark();
  dedup_added_.clear();
  policies_before_.clear();
  fills_before_.clear();
}

void CommitBuilder::State::RollBack() {
  CommitRecord& commit = *commit_;
  for (size_t i = commit.events.size(); i > marked_.events; --i) {
    const AppendedEvent& appended = commit.events[i - 1];
    --BusOf(appended.event->ref.bus).last;
    for (const TargetId target : appended.targets) --dispatched_[target];
  }
  for (size_t i = marked_.exceptions; i < commit.exceptions.size(); ++i) {
    const ExceptionRecord& exception = commit.exceptions[i];
    if (exception.kind == ExceptionRecord::Kind::kFilled) --dispatched_[exception.ref.target];
  }
  for (auto at = fills_before_.rbegin(); at != fills_before_.rend(); ++at) {
    SetFill(at->first, at->second);
  }
  for (const BusId bus : dedup_added_) BusOf(bus).dedup.RemoveNewest();
  for (size_t i = marked_.dead_letters_erased; i < commit.dead_letters_erased.size(); ++i) {
    letters_erased_.erase(commit.dead_letters_erased[i].id);
  }
  for (auto at = policies_before_.rbegin(); at != policies_before_.rend(); ++at) {
    BusOf(at->first).dedup.set_policy(at->second);
  }
  catalog_version_ =
      CatalogVersion(catalog_version_.value() - (commit.catalog.size() - marked_.catalog));
  commit.events.resize(marked_.events);
  commit.settlements.resize(marked_.settlements);
  commit.exceptions.resize(marked_.exceptions);
  commit.exceptions_erased.resize(marked_.exceptions_erased);
  commit.dead_letters.resize(marked_.dead_letters);
  commit.dead_letters_erased.resize(marked_.dead_letters_erased);
  commit.catalog.resize(marked_.catalog);
  commit.scheduled.resize(marked_.scheduled);
  commit.scheduled_erased.resize(marked_.scheduled_erased);
  commit.fills.resize(marked_.fills);
  scheduled_.RollBack();
  dedup_added_.clear();
  policies_before_.clear();
  fills_before_.clear();
}

std::shared_ptr<const CommitRecord> CommitBuilder::State::Finish() {
  auto next = std::make_shared<CommitRecord>();
  next->events.reserve(commit_->events.size());
  next->settlements.reserve(commit_->settlements.size());
  position_ = position_.Next();
  last_time_us_ = time_us_;
  commit_->position = position_;
  commit_->time_us = time_us_;
  commit_->catalog_version = catalog_version_;
  return std::exchange(commit_, std::move(next));
}

void CommitBuilder::State::SetFill(TargetId target, const std::optional<FillRecord>& fill) {
  if (!fill || fill->done()) {
    fills_.erase(target);
  } else {
    fills_[target] = *fill;
  }
}

void CommitBuilder::State::SetPolicy(BusId id, DedupPolicy policy) {
  DedupIndex& index = BusOf(id).dedup;
  if (index.policy() == policy) return;
  policies_before_.emplace_back(id, index.policy());
  index.set_policy(policy);
}

void CommitBuilder::State::SetPolicyFrom(const CatalogChange& change) {
  if (change.kind != CatalogChange::Kind::kBus || change.erased) return;
  const absl::StatusOr<BusEntry> entry = DecodeBus(change.bytes);
  CHECK_OK(entry) << "catalog changes are made by EncodeBus";
  SetPolicy(entry->id, DedupPolicyOf(entry->bus, dedup_default_));
}

}  // namespace pavane::store
