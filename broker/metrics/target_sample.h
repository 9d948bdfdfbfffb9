// What delivery tells metrics about its targets at a scrape: copies, taken without stopping
// anybody.
#ifndef PAVANE_METRICS_TARGET_SAMPLE_H_
#define PAVANE_METRICS_TARGET_SAMPLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "base/ids.h"

namespace pavane::metrics {

// Values of the label `reason`, in the order of pavane.admin.v1.FailureReason from 1 on.
inline constexpr std::array<absl::string_view, 6> kFailureReasons = {
    "RETRIES_EXHAUSTED", "AGE_EXCEEDED", "REJECTED",
    "NON_RETRYABLE",     "HOP_LIMIT",    "TARGET_MISSING"};

// Numbers that never fall while the target lives.
struct TargetCounts {
  uint64_t created = 0;    // deliveries made
  uint64_t attempts = 0;   // counted attempts
  uint64_t retries = 0;    // counted attempts after a delivery's first
  uint64_t successes = 0;  // attempts that were acknowledged
  std::array<uint64_t, kFailureReasons.size()> failed_by_reason{};  // in the order above
  uint64_t sent_to_dead_letters = 0;
  uint64_t lost = 0;  // failed for good and not kept

  // FailedInvocations in EventBridge's meaning.
  uint64_t failed() const {
    return std::accumulate(failed_by_reason.begin(), failed_by_reason.end(), uint64_t{0});
  }
  // Invocations in EventBridge's meaning: deliveries that ended, well or for good.
  uint64_t invocations() const { return successes + failed(); }

  TargetCounts& operator+=(const TargetCounts& other);
};

struct TargetSample {
  TargetId id;
  std::string bus;
  std::string rule;
  std::string target;
  uint64_t queued = 0;  // waiting, retries included
  uint64_t in_flight = 0;
  double oldest_unsettled_seconds = 0;  // 0: nothing unsettled
  TargetCounts counts;
};

struct BusSample {
  std::string bus;
  uint64_t dead_letters = 0;  // kept now, those of deleted targets included
  // Of ordered targets.
  uint64_t parked = 0;           // deliveries that wait for others of their keys
  uint64_t blocked_keys = 0;     // held by dead letters
  uint64_t stalled_targets = 0;  // with too many parked deliveries
};

// All buses and all targets there are.
struct DeliverySample {
  std::vector<BusSample> buses;
  std::vector<TargetSample> targets;
};

// Called once per scrape, by one thread at a time.
using TargetSource = std::function<DeliverySample()>;

}  // namespace pavane::metrics

#endif  // PAVANE_METRICS_TARGET_SAMPLE_H_
