#ifndef PAVANE_DELIVERY_TARGET_TABLE_H_
#define PAVANE_DELIVERY_TARGET_TABLE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"

#include "base/ids.h"
#include "delivery/loop_context.h"
#include "delivery/service_table.h"
#include "delivery/target.h"
#include "store/catalog.h"
#include "store/target_state.h"

namespace pavane::delivery {

/// The targets: defined from the catalog's rules, and each in one of three places: ready (in its
/// service's list, or among the forwardings), on the timer, or with nothing to do. Loop thread
/// only.
class TargetTable {
 public:
  using Targets = absl::flat_hash_map<TargetId, std::unique_ptr<Target>>;

  TargetTable(LoopContext& context, ServiceTable& services)
      : context_(context), services_(services) {}

  Target* Find(TargetId id);
  const Targets& all() const { return targets_; }
  /// What is measured of the target's deliveries; asked for at first use.
  const Dispatcher::TargetHooks& HooksOf(Target& target) const;

  // ---- definition
  struct Definition {
    const store::RuleEntry& rule;
    int index = 0;                              // of the target in its rule
    std::string bus;                            // its name
    bool is_new = false;                        // not seen before this commit: its queue is empty
    const store::TargetState* state = nullptr;  // of a checkpoint, if there is one
  };
  /// Makes the target, or changes its definition: queue and progress stay.
  void Define(const Definition& definition);
  /// Its queue is given up; the leases are the caller's business.
  void Remove(TargetId id);
  /// Targets removed since the last checkpoint that was submitted.
  const std::vector<TargetId>& gone() const { return gone_; }
  void ForgetGone() { gone_.clear(); }

  // ---- readiness
  /// Looks whether the target has work that may go now, and puts it where it belongs.
  void MarkReady(Target& target);
  void UpdateTimer(Target& target);
  /// Hands nothing out for a while, after a failed read or a full writer queue.
  void Stall(Target& target, absl::Duration pause);
  /// Puts targets whose time has come where they belong.
  void Wake(int64_t now_us);
  /// UTC microseconds; TargetQueue::kNever when no target is on the timer.
  int64_t NextWakeUs() const;
  std::deque<TargetId>& forward_ready() { return forward_ready_; }

 private:
  /// Whether a batch of the target may go: opens its window, or closes it.
  bool BatchMayGo(Target& target, int64_t now_us);
  void SetFarEnd(Target& target, TargetId id, absl::string_view address);
  void LeaveFarEnd(TargetId id, const std::string& far_end, bool dialled);

  LoopContext& context_;
  ServiceTable& services_;
  Targets targets_;
  absl::flat_hash_map<std::string, uint32_t> dialled_;  // targets per dial-out address
  std::deque<TargetId> forward_ready_;
  absl::btree_set<std::pair<int64_t, TargetId>> timers_;
  std::vector<TargetId> gone_;
};

inline constexpr uint32_t kForwardsInFlightMax = 256;  // of one `bus:` target

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_TARGET_TABLE_H_
