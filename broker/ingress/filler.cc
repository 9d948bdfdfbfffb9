#include "ingress/filler.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

#include "base/status_macros.h"
#include "event/view_buffer.h"
#include "rules/matcher.h"

namespace pavane::ingress {
namespace {

// What one commit passes at most: a pattern that matches little costs a sync for so many.
constexpr size_t kFilledPerCommit = 32'768;
constexpr size_t kPieceEvents = 2'048;
constexpr size_t kPieceBytes = 1 << 20;
// Deliveries on a target's timer that are counted at start: beyond it nothing is filled anyway.
constexpr size_t kCountedMax = 10 * kFilledMax;

constexpr rules::RuleId kOwnRule = 1;

}  // namespace

// What one commit fills in.
struct Filler::Batch {
  store::RuleEntryPtr rule;  // as it was matched with; null: the target is gone
  std::vector<Sequence> matched;
  store::FillRecord rest;  // what is left afterwards
};

class Filler::FillTransaction : public Worker::Step {
 public:
  FillTransaction(Filler& filler, Batch batch) : filler_(filler), batch_(std::move(batch)) {}

  absl::Status Prepare(store::CommitBuilder& commit) override {
    const store::FillRecord& rest = batch_.rest;
    const auto before = commit.FindFill(rest.target);
    if (!before) return absl::OkStatus();
    const RuleSnapshotPtr rules = filler_.rules_.snapshot();
    // Changed since it was matched: the next turn does it again.
    if (rules->catalog().FindTarget(rest.target).rule != batch_.rule) return absl::OkStatus();
    filler_.fills_.fetch_add(1, std::memory_order_release);
    const Sequence first = filler_.log_.EventRange(rest.bus).first;
    for (const Sequence sequence : batch_.matched) {
      if (!first || sequence < first) continue;  // dropped since it was read
      store::ExceptionRecord exception;
      exception.ref = {rest.target, {rest.bus, sequence}};
      // Due at once, also while recorded time runs ahead of the clock.
      exception.due_us = std::min(commit.time_us(), absl::ToUnixMicros(filler_.clock().Now()));
      exception.kind = store::ExceptionRecord::Kind::kFilled;
      exception.age_from_us = commit.time_us();
      commit.PutException(std::move(exception));
    }
    commit.PutFill(rest);
    return absl::OkStatus();
  }
  void Complete(const absl::Status& status) override {
    filler_.fills_.fetch_add(1, std::memory_order_release);
    Step::Complete(status);
  }
  size_t bytes() const override { return 256 + 128 * batch_.matched.size(); }

 private:
  Filler& filler_;
  const Batch batch_;
};

Filler::Filler(const RuleBook& rules, const Gate& gate, const store::Log& log,
               store::Writer& writer, Clock& clock)
    : Worker("filler", gate, writer, clock), rules_(rules), log_(log) {}

absl::Status Filler::Load() {
  MutexLock lock(mu_);
  catalog_version_ = log_.catalog_version();
  ASSIGN_OR_RETURN(const std::vector<store::FillRecord> fills, log_.ReadFills());
  for (const store::FillRecord& fill : fills) {
    Progress& progress = targets_[fill.target];
    progress.fill = fill;
    ASSIGN_OR_RETURN(const auto on_timer,
                     log_.ReadExceptions(fill.target, std::nullopt, kCountedMax));
    progress.on_timer = static_cast<int64_t>(on_timer.size());
  }
  return absl::OkStatus();
}

void Filler::OnCommit(const store::CommitRecord& commit) {
  MutexLock lock(mu_);
  catalog_version_ = commit.catalog_version;
  for (const store::FillRecord& fill : commit.fills) {
    if (fill.done()) {
      targets_.erase(fill.target);
    } else {
      targets_[fill.target].fill = fill;
    }
  }
  if (targets_.empty()) return;
  const auto count = [this](TargetId target, int64_t change) {
    mu_.AssertHeld();
    const auto found = targets_.find(target);
    if (found == targets_.end()) return;
    // Of more than are counted at start the count may fall short.
    found->second.on_timer = std::max<int64_t>(found->second.on_timer + change, 0);
  };
  for (const auto& exception : commit.exceptions_erased) count(exception.ref.target, -1);
  for (const auto& exception : commit.exceptions) count(exception.ref.target, 1);
  Wake();
}

uint64_t Filler::EventsLeft(TargetId target) const {
  store::FillRecord fill;
  {
    MutexLock lock(mu_);
    const auto found = targets_.find(target);
    if (found == targets_.end()) return 0;
    fill = found->second.fill;
  }
  const Sequence first = log_.EventRange(fill.bus).first;
  if (!first || first > fill.last) return 0;
  return fill.last.Next() - std::max(first, fill.next);
}

bool Filler::HasWork(absl::Duration*) {
  auto next = targets_.upper_bound(next_.fill.target);
  for (size_t i = 0; i < targets_.size(); ++i, ++next) {
    if (next == targets_.end()) next = targets_.begin();
    const Progress& progress = next->second;
    if (progress.on_timer > kFilledMax / 2 || progress.from_version > catalog_version_) continue;
    next_ = progress;
    return true;
  }
  return false;
}

absl::Status Filler::DoSome() {
  Progress progress;
  {
    MutexLock lock(mu_);
    progress = next_;
  }
  const store::FillRecord& fill = progress.fill;
  const RuleSnapshotPtr rules = rules_.snapshot();
  Batch batch;
  batch.rule = rules->catalog().FindTarget(fill.target).rule;
  batch.rest = fill;
  if (batch.rule == nullptr) {
    batch.rest.next = fill.last.Next();
  } else if (batch.rule->rule.state() == pavane::admin::v1::Rule::DISABLED) {
    MutexLock lock(mu_);
    const auto found = targets_.find(fill.target);
    if (found != targets_.end()) {
      found->second.from_version = rules->catalog().version().Next();
    }
    return absl::OkStatus();
  } else {
    RETURN_IF_ERROR(Find(fill, static_cast<size_t>(kFilledMax - progress.on_timer), batch));
  }
  return Commit(std::make_unique<FillTransaction>(*this, std::move(batch)));
}

absl::Status Filler::Find(const store::FillRecord& fill, size_t deliveries_max,
                          Batch& batch) const {
  rules::RuleEntry own{kOwnRule, nullptr};
  ASSIGN_OR_RETURN(own.pattern,
                   rules::Pattern::Parse(batch.rule->rule.pattern(), rules_.options().pattern));
  const auto matcher =
      rules::Matcher::Build(absl::MakeConstSpan(&own, 1), rules_.options().matcher);
  Sequence& at = batch.rest.next;
  if (fill.from_us != 0) {
    ASSIGN_OR_RETURN(const Sequence from, log_.FindByTime(fill.bus, fill.from_us));
    at = std::max(at, from);
    batch.rest.from_us = 0;
  }
  event::ViewBuffer buffer;
  std::vector<rules::RuleId> matched;
  size_t looked_at = 0;
  while (at <= fill.last && looked_at < kFilledPerCommit && batch.matched.size() < deliveries_max) {
    const Sequence first = log_.EventRange(fill.bus).first;
    if (!first || first > fill.last) {
      at = fill.last.Next();  // retention has taken the rest
      break;
    }
    at = std::max(at, first);
    ASSIGN_OR_RETURN(const std::vector<event::StoredEventPtr> events,
                     log_.ReadEvents(fill.bus, at, false, kPieceEvents, kPieceBytes));
    if (events.empty() && log_.EventRange(fill.bus).first == first) {
      return absl::DataLossError(absl::StrCat("event ", at.value(), " of bus '",
                                              batch.rule->rule.bus(), "' is not there"));
    }
    for (const event::StoredEventPtr& event : events) {
      at = std::min(event->ref.sequence, fill.last.Next());
      if (at > fill.last || batch.matched.size() == deliveries_max) break;
      // One that is too complex matches nothing: nobody is there to be told.
      const auto view = buffer.FillStored(*event);
      const bool ok = view.ok() && matcher->Match(*view, &matched).ok();
      if (ok && !matched.empty()) batch.matched.push_back(at);
      ++at;
      ++looked_at;
    }
  }
  return absl::OkStatus();
}

}  // namespace pavane::ingress
