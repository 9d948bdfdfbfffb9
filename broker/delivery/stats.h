#ifndef PAVANE_DELIVERY_STATS_H_
#define PAVANE_DELIVERY_STATS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "base/ids.h"
#include "store/target_state.h"
#include "targets/session.h"

namespace pavane::delivery {

/// One target's counters and gauges at some moment.
struct TargetStats {
  TargetId target;
  BusId bus;
  std::shared_ptr<const targets::TargetNames> names;
  store::TargetCounters counters;
  uint64_t queued = 0;
  uint64_t in_flight = 0;
  /// Zero when nothing is unsettled.
  absl::Duration oldest_unsettled_age;
  bool paused = false;
  // Ordered targets.
  uint64_t parked = 0;        // waiting for another delivery of their key, or for a dead letter
  uint64_t blocked_keys = 0;  // held by dead letters
  bool stalled = false;       // too many are parked: nothing fresh goes out
};

/// What unsettled deliveries need of a bus.
struct LowWater {
  /// Everything at or above is needed, or too new to say; below it nothing is.
  Sequence sequence;
  /// Whose delivery needs it; zero when none does.
  TargetId target;
};

/// One connected instance.
struct InstanceStats {
  std::string instance;
  std::string session_name;
  std::string peer;
  absl::Time connected_at;
  uint64_t in_flight = 0;
  uint64_t credit = 0;
  bool draining = false;
};

/// One service: connected, dialled, or named by a target.
struct ServiceStats {
  std::string service;
  std::vector<InstanceStats> instances;
  uint32_t targets = 0;
  uint64_t queued = 0;
  uint64_t in_flight = 0;
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_STATS_H_
