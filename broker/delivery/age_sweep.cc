#include "delivery/age_sweep.h"

#include <utility>
#include <vector>

#include "base/log.h"

namespace pavane::delivery {
namespace {

constexpr size_t kExpiriesPerStep = 256;

}  // namespace

bool AgeSweep::Sweep() {
  const int64_t now_us = context_.NowUs();
  bool more = false;
  for (const auto& [id, target] : targets_.all()) {
    if (target->stalled_until_us != 0 && target->stalled_until_us <= now_us) {
      target->stalled_until_us = 0;
      targets_.MarkReady(*target);
    }
    if (target->queue.queued() > 0 && ExpireSome(*target, now_us)) more = true;
  }
  return more;
}

bool AgeSweep::ExpireSome(Target& target, int64_t now_us) {
  if (target.stalled_until_us > now_us) return false;
  const int64_t limit_us = now_us - absl::ToInt64Microseconds(target.policy.age_max);
  std::vector<SettleItem> items;
  std::vector<TargetQueue::Entry> entries;
  while (items.size() < kExpiriesPerStep) {
    std::optional<TargetQueue::Entry> entry = target.queue.TakeOlderThan(limit_us, now_us);
    if (!entry) break;
    const absl::StatusOr<event::StoredEventPtr> event = EventOf(context_.log, *entry);
    if (!event.ok()) {
      LOG_ERROR("event of an old delivery cannot be read: {}", event.status().ToString());
      target.queue.PutBack(*std::move(entry));
      targets_.Stall(target, kReadFailurePause);
      break;
    }
    items.push_back(PlanExpiry(target, *entry, **event));
    entries.push_back(*std::move(entry));
  }
  if (items.empty()) return false;
  const bool full = items.size() == kExpiriesPerStep;
  if (ends_.Submit(std::move(items))) return full;
  for (TargetQueue::Entry& entry : entries) target.queue.PutBack(std::move(entry));
  targets_.Stall(target, kWriterBusyPause);
  return false;
}

SettleItem AgeSweep::PlanExpiry(const Target& target, const TargetQueue::Entry& entry,
                                const event::StoredEvent& event) {
  AttemptOutcome outcome;
  outcome.kind = AttemptOutcome::Kind::kAgeExceeded;
  AttemptError error{"AGE_EXCEEDED", "older than the target's limit"};
  if (entry.exception && !entry.exception->error_code.empty()) {
    error = {entry.exception->error_code, entry.exception->error_message};
  }
  return ends_.Plan(target, entry, event, {std::move(outcome), std::move(error), 0, nullptr});
}

}  // namespace pavane::delivery
