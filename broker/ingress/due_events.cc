#include "ingress/due_events.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"

#include "base/log.h"
#include "base/status_macros.h"
#include "event/reason.h"
#include "event/timestamp.h"
#include "event/view_buffer.h"

namespace pavane::ingress {
namespace {

constexpr size_t kDueEventsPerCommit = 256;
constexpr size_t kBytesPerCommit = 1 << 20;
// The wall clock may be set: it is looked at so often at least.
constexpr absl::Duration kLookAgain = absl::Seconds(1);

// Takes events that are due from the timer store and appends them.
class DueTransaction : public Worker::Step {
 public:
  DueTransaction(const RuleBook& rules, std::vector<store::ScheduledEvent> events)
      : rules_(rules), events_(std::move(events)) {
    for (const store::ScheduledEvent& scheduled : events_) {
      bytes_ += 256 + scheduled.event->bytes.size();
    }
  }

  absl::Status Prepare(store::CommitBuilder& commit) override {
    const RuleSnapshotPtr rules = rules_.snapshot();
    for (const store::ScheduledEvent& scheduled : events_) {
      if (!commit.EraseScheduled(scheduled)) continue;  // cancelled meanwhile
      Append(*rules, *scheduled.event, commit);
    }
    return absl::OkStatus();
  }
  size_t bytes() const override { return bytes_; }

 private:
  static void Append(const RuleSnapshot& rules, event::StoredEvent event,
                     store::CommitBuilder& commit) {
    const BusRulesPtr bus = rules.FindBus(event.ref.bus);
    if (bus == nullptr) {
      LOG_WARNING("scheduled event dropped: its bus was deleted", {{"bus", event.ref.bus}});
      return;
    }
    event::ViewBuffer buffer;
    const absl::StatusOr<event::EventView> view = buffer.FillStored(event);
    absl::StatusOr<Matched> matched =
        view.ok() ? rules.Match(*bus, *view) : absl::StatusOr<Matched>(view.status());
    if (!matched.ok()) {
      // Nobody is there to be told; the event itself is kept.
      LOG_ERROR("scheduled event matched no rule: {}", matched.status().ToString());
      matched = Matched();
    }
    event.matched_rules = matched->rules;
    commit.AppendEvent(std::move(event), std::move(matched->targets),
                       std::move(matched->key_hashes));
  }

  const RuleBook& rules_;
  const std::vector<store::ScheduledEvent> events_;
  size_t bytes_ = 0;
};

}  // namespace

absl::StatusOr<int64_t> DueTime(const pavane::v1::PublishEntry& entry) {
  if (!entry.has_deliver_at()) return 0;
  if (!event::IsTimestamp(entry.deliver_at())) {
    return event::Invalid(pavane::v1::INVALID_ATTRIBUTE, "deliver_at is not a time since 1970");
  }
  return event::ToMicros(entry.deliver_at());
}

absl::Status CheckSchedule(const store::CommitBuilder& commit, int64_t due_us) {
  if (due_us > commit.time_us() + absl::ToInt64Microseconds(kDeliverAheadMax)) {
    return event::Invalid(pavane::v1::INVALID_ATTRIBUTE, "deliver_at is more than a year ahead");
  }
  if (commit.scheduled() < kScheduledEventsMax) return absl::OkStatus();
  return event::Refused(
      absl::StatusCode::kResourceExhausted, pavane::v1::TOO_MANY,
      absl::StrCat(kScheduledEventsMax, " events are scheduled already; cancel some, or wait"));
}

DueEvents::DueEvents(const RuleBook& rules, const Gate& gate, const store::Log& log,
                     store::Writer& writer, Clock& clock)
    : Worker("due-events", gate, writer, clock), rules_(rules), log_(log) {}

absl::Status DueEvents::Load() {
  MutexLock lock(mu_);
  return log_.VisitScheduled(std::nullopt, [this](const store::ScheduledEvent& scheduled) {
    mu_.AssertHeld();
    waiting_.insert({scheduled.due_us, scheduled.id});
    return true;
  });
}

void DueEvents::OnCommit(const store::CommitRecord& commit) {
  if (commit.scheduled.empty() && commit.scheduled_erased.empty()) return;
  MutexLock lock(mu_);
  for (const store::ScheduledEvent& scheduled : commit.scheduled) {
    waiting_.insert({scheduled.due_us, scheduled.id});
  }
  for (const store::ScheduledEvent& scheduled : commit.scheduled_erased) {
    waiting_.erase({scheduled.due_us, scheduled.id});
  }
  Wake();
}

size_t DueEvents::waiting() const {
  MutexLock lock(mu_);
  return waiting_.size();
}

bool DueEvents::HasWork(absl::Duration* wait) {
  *wait = kLookAgain;
  if (waiting_.empty()) return false;
  const absl::Duration left = absl::FromUnixMicros(waiting_.begin()->due_us) - clock().Now();
  *wait = std::min(*wait, left);
  return left <= absl::ZeroDuration();
}

absl::Status DueEvents::DoSome() {
  const int64_t now_us = absl::ToUnixMicros(clock().Now());
  std::vector<store::ScheduledEvent> due;
  size_t bytes = 0;
  RETURN_IF_ERROR(log_.VisitScheduled(std::nullopt, [&](const store::ScheduledEvent& scheduled) {
    if (scheduled.due_us > now_us) return false;
    due.push_back(scheduled);
    bytes += scheduled.event->bytes.size();
    return due.size() < kDueEventsPerCommit && bytes < kBytesPerCommit;
  }));
  if (due.empty()) return absl::DataLossError("a scheduled event that is due is not there");
  return Commit(std::make_unique<DueTransaction>(rules_, std::move(due)));
}

}  // namespace pavane::ingress
