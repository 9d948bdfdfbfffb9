#include "delivery/next.h"

#include <algorithm>
#include <cmath>

namespace pavane::delivery {
namespace {

using Kind = AttemptOutcome::Kind;

Decision Fail(Decision decision, store::FailureReason reason, absl::string_view condition = "") {
  decision.outcome = store::Outcome::kFailed;
  decision.reason = reason;
  decision.exhausted_condition = condition;
  return decision;
}

bool IsAttempt(Kind kind) { return kind != Kind::kRelease && kind != Kind::kAgeExceeded; }

// A retry never waits beyond the age limit: at the limit it is given up on time.
int64_t DueAt(absl::Duration delay, const DeliveryState& state, const Policy& policy,
              int64_t now_us) {
  const int64_t due_us = now_us + absl::ToInt64Microseconds(delay);
  const int64_t too_old_us = state.age_from_us + absl::ToInt64Microseconds(policy.age_max);
  return std::max(now_us, std::min(due_us, too_old_us));
}

Decision Retry(Decision decision, const DeliveryState& state, absl::Duration delay,
               const Policy& policy, int64_t now_us) {
  if (IsTooOld(state.age_from_us, policy, now_us)) {
    return Fail(decision, store::FailureReason::kAgeExceeded, kConditionAge);
  }
  if (decision.attempts > policy.retries_max) {
    return Fail(decision, store::FailureReason::kRetriesExhausted, kConditionRetries);
  }
  decision.due_us = DueAt(delay, state, policy, now_us);
  decision.outcome = store::Outcome::kRetry;
  return decision;
}

Decision Released(Decision decision, const DeliveryState& state, const Policy& policy,
                  int64_t now_us, double jitter) {
  decision.releases = state.releases + 1;
  const absl::Duration delay = BackOff(decision.releases, policy, jitter);
  if (decision.releases < kReleasesPerAttempt) {
    decision.outcome = store::Outcome::kReleased;
    decision.due_us = DueAt(delay, state, policy, now_us);
    return decision;
  }
  decision.releases = 0;
  decision.attempt_counted = true;
  decision.attempts = state.attempts + 1;
  return Retry(decision, state, delay, policy, now_us);
}

}  // namespace

absl::Duration BackOff(uint32_t retry, const Policy& policy, double jitter) {
  const double exponent = retry == 0 ? 0 : retry - 1;
  const double grown =
      absl::ToDoubleSeconds(policy.backoff_initial) * std::pow(policy.backoff_factor, exponent);
  const double capped = std::min(grown, absl::ToDoubleSeconds(policy.backoff_max));
  return absl::Seconds(capped * (0.5 + 0.5 * jitter));
}

bool IsTooOld(int64_t age_from_us, const Policy& policy, int64_t now_us) {
  return now_us - age_from_us >= absl::ToInt64Microseconds(policy.age_max);
}

Decision Next(const DeliveryState& state, const AttemptOutcome& outcome, const Policy& policy,
              int64_t now_us, double jitter) {
  Decision decision;
  decision.attempt_counted = IsAttempt(outcome.kind);
  decision.attempts = state.attempts + (decision.attempt_counted ? 1 : 0);
  switch (outcome.kind) {
    case Kind::kAck:
      return decision;
    case Kind::kReject:
      return Fail(decision, store::FailureReason::kRejected);
    case Kind::kHopLimit:
      return Fail(decision, store::FailureReason::kHopLimit);
    case Kind::kTargetMissing:
      return Fail(decision, store::FailureReason::kTargetMissing);
    case Kind::kAgeExceeded:
      return Fail(decision, store::FailureReason::kAgeExceeded, kConditionAge);
    case Kind::kRelease:
      return Released(decision, state, policy, now_us, jitter);
    case Kind::kNack:
      if (policy.non_retryable_codes.contains(outcome.code)) {
        return Fail(decision, store::FailureReason::kNonRetryable);
      }
      break;
    case Kind::kLeaseExpired:
    case Kind::kConnectionLost:
      break;
  }
  const absl::Duration delay = outcome.delay ? std::min(*outcome.delay, kNackDelayMax)
                                             : BackOff(decision.attempts, policy, jitter);
  return Retry(decision, state, delay, policy, now_us);
}

}  // namespace pavane::delivery
