#include "delivery/next.h"

#include <gtest/gtest.h>

namespace pavane::delivery {
namespace {

using Kind = AttemptOutcome::Kind;

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kHour = 3600 * kSecond;

Policy Defaults() { return Policy{}; }

AttemptOutcome Outcome(Kind kind, std::string code = "") {
  AttemptOutcome outcome;
  outcome.kind = kind;
  outcome.code = std::move(code);
  return outcome;
}

TEST(Next, AckEndsTheDelivery) {
  const Decision decision = Next({3, 0, 0}, Outcome(Kind::kAck), Defaults(), kHour, 0);
  EXPECT_EQ(decision.outcome, store::Outcome::kAcked);
  EXPECT_TRUE(decision.attempt_counted);
  EXPECT_EQ(decision.attempts, 4u);
}

TEST(Next, AckCountsEvenWhenTheDeliveryHasBecomeTooOld) {
  const Decision decision = Next({0, 0, 0}, Outcome(Kind::kAck), Defaults(), 48 * kHour, 0);
  EXPECT_EQ(decision.outcome, store::Outcome::kAcked);
}

TEST(Next, EveryFailedAttemptIsTriedAgainAfterTheBackOff) {
  for (Kind kind : {Kind::kNack, Kind::kLeaseExpired, Kind::kConnectionLost}) {
    const Decision decision = Next({0, 0, 0}, Outcome(kind), Defaults(), kSecond, 0.5);
    EXPECT_EQ(decision.outcome, store::Outcome::kRetry);
    EXPECT_EQ(decision.attempts, 1u);
    EXPECT_EQ(decision.due_us, kSecond + 750'000);  // 1 s, three quarters by jitter
  }
}

TEST(Next, NackDelayReplacesTheBackOff) {
  AttemptOutcome outcome = Outcome(Kind::kNack);
  outcome.delay = absl::Minutes(3);
  EXPECT_EQ(Next({7, 0, 0}, outcome, Defaults(), kSecond, 0.9).due_us, 181 * kSecond);
}

TEST(Next, NackDelayIsCappedByTheAgeLimit) {
  AttemptOutcome outcome = Outcome(Kind::kNack);
  outcome.delay = absl::Hours(1000);
  const Decision decision = Next({0, 0, 0}, outcome, Defaults(), kHour, 0);
  EXPECT_EQ(decision.outcome, store::Outcome::kRetry);
  EXPECT_EQ(decision.due_us, 24 * kHour);
}

TEST(Next, RetriesCountWithoutTheFirstAttempt) {
  Policy policy;
  policy.retries_max = 185;
  EXPECT_EQ(Next({184, 0, 0}, Outcome(Kind::kNack), policy, kSecond, 0).outcome,
            store::Outcome::kRetry);
  const Decision last = Next({185, 0, 0}, Outcome(Kind::kNack), policy, kSecond, 0);
  EXPECT_EQ(last.outcome, store::Outcome::kFailed);
  EXPECT_EQ(last.reason, store::FailureReason::kRetriesExhausted);
  EXPECT_EQ(last.exhausted_condition, "MaximumRetryAttempts");
  EXPECT_EQ(last.attempts, 186u);
}

TEST(Next, WithoutRetriesTheFirstFailureIsTheLast) {
  Policy policy;
  policy.retries_max = 0;
  EXPECT_EQ(Next({0, 0, 0}, Outcome(Kind::kNack), policy, kSecond, 0).reason,
            store::FailureReason::kRetriesExhausted);
}

TEST(Next, AgeIsCheckedAtEachFailure) {
  const Decision decision = Next({2, 0, 0}, Outcome(Kind::kNack), Defaults(), 24 * kHour, 0);
  EXPECT_EQ(decision.reason, store::FailureReason::kAgeExceeded);
  EXPECT_EQ(decision.exhausted_condition, "MaximumEventAgeInSeconds");
}

TEST(Next, AgeFoundBeforeAnAttemptCountsNone) {
  const Decision decision = Next({2, 0, 0}, Outcome(Kind::kAgeExceeded), Defaults(), 25 * kHour, 0);
  EXPECT_EQ(decision.outcome, store::Outcome::kFailed);
  EXPECT_FALSE(decision.attempt_counted);
  EXPECT_EQ(decision.attempts, 2u);
}

TEST(Next, RejectAndNonRetryableCodesFailAtOnce) {
  EXPECT_EQ(Next({0, 0, 0}, Outcome(Kind::kReject), Defaults(), kSecond, 0).reason,
            store::FailureReason::kRejected);
  Policy policy;
  policy.non_retryable_codes.insert("BAD_CARD");
  EXPECT_EQ(Next({0, 0, 0}, Outcome(Kind::kNack, "BAD_CARD"), policy, kSecond, 0).reason,
            store::FailureReason::kNonRetryable);
  EXPECT_EQ(Next({0, 0, 0}, Outcome(Kind::kNack, "BUSY"), policy, kSecond, 0).outcome,
            store::Outcome::kRetry);
}

TEST(Next, ReleaseCountsNoAttemptButAHundredCountAsOne) {
  const Decision first = Next({0, 0, 0}, Outcome(Kind::kRelease), Defaults(), kSecond, 1);
  EXPECT_EQ(first.outcome, store::Outcome::kReleased);
  EXPECT_FALSE(first.attempt_counted);
  EXPECT_EQ(first.releases, 1u);
  EXPECT_EQ(first.due_us, 2 * kSecond);
  const Decision hundredth = Next({0, 99, 0}, Outcome(Kind::kRelease), Defaults(), kSecond, 0);
  EXPECT_EQ(hundredth.outcome, store::Outcome::kRetry);
  EXPECT_TRUE(hundredth.attempt_counted);
  EXPECT_EQ(hundredth.attempts, 1u);
  EXPECT_EQ(hundredth.releases, 0u);
}

TEST(Next, ForwardingsFailForGoodAtTheHopLimitAndWithoutTheirBus) {
  EXPECT_EQ(Next({0, 0, 0}, Outcome(Kind::kHopLimit), Defaults(), kSecond, 0).reason,
            store::FailureReason::kHopLimit);
  EXPECT_EQ(Next({0, 0, 0}, Outcome(Kind::kTargetMissing), Defaults(), kSecond, 0).reason,
            store::FailureReason::kTargetMissing);
}

TEST(BackOff, DoublesUpToItsCapAndJitterTakesAtMostHalf) {
  const Policy policy;
  EXPECT_EQ(BackOff(1, policy, 1), absl::Seconds(1));
  EXPECT_EQ(BackOff(1, policy, 0), absl::Milliseconds(500));
  EXPECT_EQ(BackOff(2, policy, 1), absl::Seconds(2));
  EXPECT_EQ(BackOff(10, policy, 1), absl::Seconds(512));
  EXPECT_EQ(BackOff(11, policy, 1), absl::Minutes(10));
  EXPECT_EQ(BackOff(185, policy, 1), absl::Minutes(10));
}

}  // namespace
}  // namespace pavane::delivery
