#include "delivery/forwards.h"

#include <string>
#include <utility>
#include <vector>

namespace pavane::delivery {
namespace {

// Why there is nothing to append on the other bus.
void Explain(const absl::Status& status, AttemptOutcome& outcome, AttemptError& error) {
  error.message = std::string(status.message());
  if (absl::IsNotFound(status)) {
    outcome.kind = AttemptOutcome::Kind::kTargetMissing;
    error.code = "TARGET_MISSING";
  } else if (absl::IsOutOfRange(status)) {
    outcome.kind = AttemptOutcome::Kind::kHopLimit;
    error.code = "HOP_LIMIT";
  } else {
    outcome.kind = AttemptOutcome::Kind::kNack;
    error.code = "FORWARD_FAILED";
  }
}

}  // namespace

void Forwards::Pump() {
  std::deque<TargetId>& ready = targets_.forward_ready();
  for (size_t left = ready.size(); left > 0 && !context_.draining; --left) {
    const TargetId id = ready.front();
    ready.pop_front();
    Target* target = targets_.Find(id);
    if (target == nullptr) continue;
    target->in_ready = false;
    while (!target->paused && target->kind == Target::Kind::kBus &&
           target->in_flight < kForwardsInFlightMax) {
      const uint32_t before = target->in_flight;
      ForwardOne(*target);
      if (target->in_flight == before) break;
    }
    targets_.UpdateTimer(*target);
  }
}

void Forwards::ForwardOne(Target& target) {
  auto taken = handout_.TakeDeliverable(target);
  if (!taken) return;
  Lease& lease =
      handout_.MakeLease(target, *std::move(taken), SessionId(0), MonotonicTime::InfiniteFuture());
  AttemptOutcome outcome;
  AttemptError error;
  absl::StatusOr<std::unique_ptr<PreparedEvents>> forwarded =
      context_.forward ? context_.forward(target.far_end, lease.event)
                       : absl::UnimplementedError("no forwarding here");
  if (!forwarded.ok()) Explain(forwarded.status(), outcome, error);
  SettleItem item = ends_.PlanLease(target, lease, outcome, error);
  if (forwarded.ok()) {
    item.emits = *std::move(forwarded);
    item.consumed = lease.event;
  }
  ends_.SettlingStarts(lease, item.record);
  const uint64_t token = lease.id.token;
  std::vector<SettleItem> items;
  items.push_back(std::move(item));
  if (ends_.Submit(std::move(items), store::LaneOf(target.far_end))) return;
  handout_.Requeue({token});
  targets_.Stall(target, kWriterBusyPause);
}

}  // namespace pavane::delivery
