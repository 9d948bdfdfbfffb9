#ifndef PAVANE_DELIVERY_TARGET_H_
#define PAVANE_DELIVERY_TARGET_H_

#include <memory>
#include <optional>
#include <string>

#include "delivery/dispatcher.h"
#include "delivery/policy.h"
#include "delivery/target_queue.h"
#include "targets/session.h"

namespace pavane::delivery {

/// What the loop knows of one target: its definition, its queue, and where it stands. Loop thread
/// only.
struct Target {
  Target(const store::Log& log, store::TargetState state, size_t window_max, bool is_new)
      : queue(log, std::move(state), window_max, is_new) {}

  enum class Kind { kService, kBus };

  /// Whether the service of this name, connected or dialled, takes the target's deliveries.
  bool IsOf(const std::string& service) const {
    return kind == Kind::kService && far_end == service;
  }

  // Definition, replaced by a put of its rule.
  std::shared_ptr<const targets::TargetNames> names;
  Kind kind = Kind::kService;
  /// kService: the service's name, or the address of a dial-out; kBus: the bus' name.
  std::string far_end;
  bool dial_out = false;
  bool ephemeral = false;  // of a session's rule, which goes with it
  Policy policy;
  bool paused = false;
  std::optional<Dispatcher::TargetHooks> hooks;  // asked for at first use

  TargetQueue queue;
  uint32_t in_flight = 0;
  bool in_ready = false;                   // stands in its service's ready list
  int64_t timer_us = TargetQueue::kNever;  // registered in the loop's target timers
  int64_t stalled_until_us = 0;            // after a failed read or a full writer queue
  int64_t stall_logged_us = 0;
  /// Batch window of a dialled target: open until then (0: none is), then so many may go.
  int64_t batch_until_us = 0;
  uint32_t batch_left = 0;
  bool dirty = true;  // since the last checkpoint
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_TARGET_H_
