#include "store/commit_builder.h"

#include <utility>

#include "base/check.h"
#include "store/commit_builder_state.h"

namespace pavane::store {
namespace {

// A dead letter's id is its commit's position and its index in it.
constexpr int kLetterIndexBits = 20;  // the same for a scheduled event's

}  // namespace

int64_t CommitBuilder::time_us() const { return state_->time_us_; }

CatalogVersion CommitBuilder::catalog_version() const { return state_->catalog_version_; }

AppendResult CommitBuilder::AppendEvent(event::StoredEvent event, std::vector<TargetId> targets,
                                        std::vector<uint64_t> key_hashes) {
  CHECK(key_hashes.empty() || key_hashes.size() == targets.size()) << "one for each target";
  State::Bus& bus = state_->BusOf(event.ref.bus);
  const bool deduplicated = state_->Deduplicates(event);
  if (deduplicated) {
    if (auto first = state_->FirstOf(event)) return *first;
  }
  ++bus.last;
  event.ref.sequence = bus.last;
  event.accepted_us = state_->time_us_;
  event.catalog_version = state_->catalog_version_;
  if (deduplicated) {
    bus.dedup.Add({event.dedup_hash, event.accepted_us, bus.last, event.matched_rules});
    state_->dedup_added_.push_back(event.ref.bus);
  }
  for (const TargetId target : targets) ++state_->dispatched_[target];
  const AppendResult result{event.ref, event.matched_rules, false};
  state_->commit_->events.push_back({std::make_shared<const event::StoredEvent>(std::move(event)),
                                     std::move(targets), std::move(key_hashes)});
  return result;
}

AppendResult CommitBuilder::ScheduleEvent(event::StoredEvent event, int64_t due_us) {
  const bool deduplicated = state_->Deduplicates(event);
  if (deduplicated) {
    if (auto first = state_->FirstOf(event)) return *first;
  }
  ScheduledEvent scheduled;
  const uint64_t index = state_->commit_->scheduled.size();
  CHECK_LT(index, 1ull << kLetterIndexBits) << "a commit's bounds are far below";
  scheduled.id = state_->position_.Next().value() << kLetterIndexBits | index;
  scheduled.due_us = due_us;
  scheduled.accepted_us = state_->time_us_;
  event.ref.sequence = Sequence();
  const AppendResult result{event.ref, 0, false, true};
  state_->scheduled_.Add(scheduled.id, event.ref.bus,
                         deduplicated ? event.dedup_hash : event::Hash128());
  scheduled.event = std::make_shared<const event::StoredEvent>(std::move(event));
  state_->commit_->scheduled.push_back(std::move(scheduled));
  return result;
}

bool CommitBuilder::EraseScheduled(const ScheduledEvent& scheduled) {
  if (!state_->scheduled_.Remove(scheduled.id)) return false;
  ScheduledEvent erased;
  erased.id = scheduled.id;
  erased.due_us = scheduled.due_us;
  state_->commit_->scheduled_erased.push_back(std::move(erased));
  return true;
}

size_t CommitBuilder::scheduled() const { return state_->scheduled_.size(); }

void CommitBuilder::Settle(SettlementRecord settlement) {
  state_->commit_->settlements.push_back(std::move(settlement));
}

void CommitBuilder::PutException(ExceptionRecord exception) {
  if (exception.kind == ExceptionRecord::Kind::kFilled) ++state_->dispatched_[exception.ref.target];
  state_->commit_->exceptions.push_back(std::move(exception));
}

void CommitBuilder::EraseException(const ExceptionRecord& exception) {
  ExceptionRecord erased;
  erased.ref = exception.ref;
  erased.due_us = exception.due_us;
  state_->commit_->exceptions_erased.push_back(std::move(erased));
}

uint64_t CommitBuilder::PutDeadLetter(DeadLetterRecord letter) {
  const uint64_t index = state_->commit_->dead_letters.size();
  CHECK_LT(index, 1ull << kLetterIndexBits) << "a commit's bounds are far below";
  letter.id = state_->position_.Next().value() << kLetterIndexBits | index;
  const uint64_t id = letter.id;
  state_->commit_->dead_letters.push_back(std::move(letter));
  return id;
}

bool CommitBuilder::EraseDeadLetter(const DeadLetterRecord& letter) {
  if (!state_->letters_erased_.insert(letter.id).second) return false;
  DeadLetterRecord erased;
  erased.id = letter.id;
  erased.ref = letter.ref;
  erased.blocks_key = letter.blocks_key;
  if (letter.blocks_key) erased.key_hash = letter.key_hash;
  state_->commit_->dead_letters_erased.push_back(std::move(erased));
  return true;
}

void CommitBuilder::PutFill(const FillRecord& fill) {
  state_->fills_before_.emplace_back(fill.target, FindFill(fill.target));
  state_->SetFill(fill.target, fill);
  state_->commit_->fills.push_back(fill);
}

std::optional<FillRecord> CommitBuilder::FindFill(TargetId target) const {
  const auto found = state_->fills_.find(target);
  return found == state_->fills_.end() ? std::nullopt : std::optional(found->second);
}

Sequence CommitBuilder::last_sequence(BusId bus) const {
  const auto found = state_->buses_.find(bus);
  return found == state_->buses_.end() ? Sequence() : found->second->last;
}

void CommitBuilder::ChangeCatalog(CatalogChange change) {
  CHECK(change.kind != CatalogChange::Kind::kNextIds) << "the log keeps them by itself";
  ++state_->catalog_version_;
  state_->SetPolicyFrom(change);
  state_->commit_->catalog.push_back(std::move(change));
}

uint64_t CommitBuilder::dispatched(TargetId target) const {
  const auto found = state_->dispatched_.find(target);
  return found == state_->dispatched_.end() ? 0 : found->second;
}

const std::vector<CatalogChange>& CommitBuilder::catalog_changes() const {
  return state_->commit_->catalog;
}

void CommitBuilder::SetDedupPolicy(BusId bus, DedupPolicy policy) {
  state_->SetPolicy(bus, policy);
}

}  // namespace pavane::store
