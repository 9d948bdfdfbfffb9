#ifndef PAVANE_DELIVERY_NEXT_H_
#define PAVANE_DELIVERY_NEXT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "delivery/policy.h"
#include "store/commit_record.h"

namespace pavane::delivery {

/// What a delivery has been through before the outcome at hand.
struct DeliveryState {
  uint32_t attempts = 0;  // counted ones
  uint32_t releases = 0;  // since the last counted attempt
  int64_t age_from_us = 0;
};

/// How an attempt ended, or that none is possible any more.
struct AttemptOutcome {
  enum class Kind {
    kAck,
    kNack,
    kReject,
    kRelease,
    kLeaseExpired,
    kConnectionLost,
    kAgeExceeded,    // found too old before an attempt
    kHopLimit,       // a forwarding that would go round for ever
    kTargetMissing,  // a forwarding to a bus that does not exist
  };
  Kind kind = Kind::kAck;
  std::optional<absl::Duration> delay;  // kNack: replaces the back-off
  std::string code;                     // kNack, kReject
};

/// What becomes of the delivery.
struct Decision {
  store::Outcome outcome = store::Outcome::kAcked;
  store::FailureReason reason = store::FailureReason::kNone;
  absl::string_view exhausted_condition;  // static text; EventBridge's words
  bool attempt_counted = false;
  uint32_t attempts = 0;  // after this outcome
  uint32_t releases = 0;  // after this outcome
  int64_t due_us = 0;     // kRetry, kReleased: not before
};

inline constexpr absl::string_view kConditionRetries = "MaximumRetryAttempts";
inline constexpr absl::string_view kConditionAge = "MaximumEventAgeInSeconds";
inline constexpr uint32_t kReleasesPerAttempt = 100;
inline constexpr absl::Duration kNackDelayMax = absl::Hours(24);

/// The whole life of a delivery, as one pure function: no other place decides about attempts.
/// `now_us` is recorded time (UTC microseconds), `jitter` a random number in [0, 1).
Decision Next(const DeliveryState& state, const AttemptOutcome& outcome, const Policy& policy,
              int64_t now_us, double jitter);

/// The pause before retry number `retry` (from 1): exponential, capped, and between half and all of
/// that by jitter.
absl::Duration BackOff(uint32_t retry, const Policy& policy, double jitter);

/// Whether the delivery is older than its limit.
bool IsTooOld(int64_t age_from_us, const Policy& policy, int64_t now_us);

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_NEXT_H_
