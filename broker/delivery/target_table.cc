#include "delivery/target_table.h"

#include <algorithm>
#include <initializer_list>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

#include "base/log.h"

namespace pavane::delivery {
namespace {

// The queue of a session's rule goes with the session, as it should; any other is a loss.
void LogDiscarded(const Target& target, uint64_t deliveries) {
  const std::initializer_list<LogField> fields = {{"bus", target.names->bus},
                                                  {"rule", target.names->rule},
                                                  {"target", target.names->target},
                                                  {"deliveries", deliveries}};
  if (target.ephemeral) {
    LOG_INFO("deliveries discarded with their session's rule", fields);
  } else {
    LOG_WARNING("deliveries discarded with their target", fields);
  }
}

}  // namespace

Target* TargetTable::Find(TargetId id) {
  auto found = targets_.find(id);
  return found == targets_.end() ? nullptr : found->second.get();
}

const Dispatcher::TargetHooks& TargetTable::HooksOf(Target& target) const {
  if (!target.hooks) {
    target.hooks = context_.hooks.of_target
                       ? context_.hooks.of_target(target.names->bus, target.far_end)
                       : Dispatcher::TargetHooks();
  }
  return *target.hooks;
}

// ---- definition

void TargetTable::Define(const Definition& definition) {
  const store::RuleEntry& rule = definition.rule;
  const pavane::admin::v1::Target& wanted = rule.rule.targets(definition.index);
  const TargetId id = rule.target_ids[definition.index];
  std::unique_ptr<Target>& target = targets_[id];
  if (target == nullptr) {
    store::TargetState start;
    if (definition.state != nullptr) start = *definition.state;
    start.target = id;
    start.bus = rule.bus_id;
    target = std::make_unique<Target>(context_.log, start, context_.options.window_max,
                                      definition.is_new);
  }
  auto names = std::make_shared<targets::TargetNames>();
  names->bus = definition.bus;
  names->rule = rule.rule.name();
  names->target = wanted.id();
  names->address = wanted.address();
  target->names = names;
  target->hooks.reset();
  target->policy = ResolvePolicy(wanted, context_.policy_defaults);
  target->queue.SetOrder(target->policy.by_key, target->policy.blocks_key);
  target->paused = wanted.paused();
  target->ephemeral = rule.rule.ephemeral();
  target->dirty = true;
  SetFarEnd(*target, id, wanted.address());
  MarkReady(*target);
}

void TargetTable::SetFarEnd(Target& target, TargetId id, absl::string_view address) {
  const std::string far_end_before = target.far_end;
  const Target::Kind kind_before = target.kind;
  const bool dialled_before = target.dial_out;
  target.dial_out = absl::StartsWith(address, "grpc://") || absl::StartsWith(address, "grpc+unix:");
  target.kind = absl::ConsumePrefix(&address, "bus:") ? Target::Kind::kBus : Target::Kind::kService;
  absl::ConsumePrefix(&address, "service:");
  target.far_end = std::string(address);
  const bool moved = target.far_end != far_end_before || target.kind != kind_before;
  if (moved && !far_end_before.empty()) {
    target.in_ready = false;
    LeaveFarEnd(id, far_end_before, dialled_before);
  }
  if (target.kind == Target::Kind::kService) services_.Named(target.far_end).targets.insert(id);
  if (target.dial_out && moved && dialled_[target.far_end]++ == 0 && context_.dial_out != nullptr) {
    context_.dial_out->Watch(target.far_end);
  }
}

void TargetTable::LeaveFarEnd(TargetId id, const std::string& far_end, bool dialled) {
  if (Service* service = services_.Find(far_end)) {
    service->targets.erase(id);
    services_.DropIfUnused(far_end);
  }
  if (!dialled || --dialled_[far_end] > 0) return;
  dialled_.erase(far_end);
  if (context_.dial_out != nullptr) context_.dial_out->Unwatch(far_end);
}

void TargetTable::Remove(TargetId id) {
  auto found = targets_.find(id);
  if (found == targets_.end()) return;
  const Target& target = *found->second;
  const uint64_t discarded = target.queue.unsettled();
  if (discarded > 0) {
    LogDiscarded(target, discarded);
    if (context_.hooks.on_discarded) context_.hooks.on_discarded(target.names->bus, discarded);
  }
  timers_.erase({target.timer_us, id});
  const std::string far_end = target.far_end;
  const bool dialled = target.dial_out;
  targets_.erase(found);
  gone_.push_back(id);
  LeaveFarEnd(id, far_end, dialled);
}

// ---- readiness

void TargetTable::MarkReady(Target& target) {
  UpdateTimer(target);
  if (target.in_ready || target.paused) return;
  const int64_t now_us = context_.NowUs();
  if (target.stalled_until_us > now_us) return;
  if (!target.queue.HasWork(now_us)) {
    target.batch_until_us = target.batch_left = 0;
    return;
  }
  if (target.kind == Target::Kind::kBus) {
    if (target.in_flight >= kForwardsInFlightMax) return;
    target.in_ready = true;
    forward_ready_.push_back(target.queue.target());
    return;
  }
  if (target.in_flight >= target.policy.in_flight_max || !BatchMayGo(target, now_us)) return;
  target.in_ready = true;
  Service& service = services_.Named(target.far_end);
  service.ready.push_back(target.queue.target());
  services_.Touch(service);
}

bool TargetTable::BatchMayGo(Target& target, int64_t now_us) {
  if (!target.dial_out || target.policy.batch_wait <= absl::ZeroDuration()) return true;
  if (target.batch_left > 0) return true;
  const uint32_t size =
      target.policy.batch_size_max == 0 ? context_.options.batch_max : target.policy.batch_size_max;
  if (target.batch_until_us == 0) {
    target.batch_until_us = now_us + absl::ToInt64Microseconds(target.policy.batch_wait);
  }
  if (now_us < target.batch_until_us && target.queue.ReadyCount(now_us) < size) {
    UpdateTimer(target);
    return false;
  }
  target.batch_until_us = 0;
  target.batch_left = size;
  return true;
}

void TargetTable::UpdateTimer(Target& target) {
  const int64_t now_us = context_.NowUs();
  int64_t due_us = target.queue.NextDueUs();
  if (target.stalled_until_us > now_us) due_us = std::min(due_us, target.stalled_until_us);
  if (due_us <= now_us) due_us = TargetQueue::kNever;  // ready already
  if (target.batch_until_us > now_us) {
    // What falls due meanwhile may fill the batch.
    due_us = std::min({due_us, target.batch_until_us, target.queue.NextDueAfterUs(now_us)});
  }
  if (due_us == target.timer_us) return;
  timers_.erase({target.timer_us, target.queue.target()});
  target.timer_us = due_us;
  if (due_us != TargetQueue::kNever) timers_.emplace(due_us, target.queue.target());
}

void TargetTable::Stall(Target& target, absl::Duration pause) {
  target.stalled_until_us = context_.NowUs() + absl::ToInt64Microseconds(pause);
  UpdateTimer(target);
}

void TargetTable::Wake(int64_t now_us) {
  while (!timers_.empty() && timers_.begin()->first <= now_us) {
    const TargetId id = timers_.begin()->second;
    timers_.erase(timers_.begin());
    Target* target = Find(id);
    if (target == nullptr) continue;
    target->timer_us = TargetQueue::kNever;
    MarkReady(*target);
  }
}

int64_t TargetTable::NextWakeUs() const {
  return timers_.empty() ? TargetQueue::kNever : timers_.begin()->first;
}

}  // namespace pavane::delivery
