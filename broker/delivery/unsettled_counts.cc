#include "delivery/unsettled_counts.h"

#include "base/failpoint.h"

namespace pavane::delivery {

bool EndsDelivery(store::Outcome outcome) {
  return outcome == store::Outcome::kAcked || outcome == store::Outcome::kFailed ||
         outcome == store::Outcome::kDiscarded;
}

void UnsettledCounts::Set(TargetId target, uint64_t count) {
  MutexLock lock(mu_);
  counts_[target] = FAILPOINT_LIES("delivery.unsettled_forgotten") ? 0 : count;
}

void UnsettledCounts::Apply(const store::CommitRecord& commit) {
  MutexLock lock(mu_);
  for (const store::AppendedEvent& appended : commit.events) {
    for (TargetId target : appended.targets) ++counts_[target];
  }
  for (const store::ExceptionRecord& exception : commit.exceptions) {
    using Kind = store::ExceptionRecord::Kind;
    const bool is_new = exception.kind == Kind::kRedrive || exception.kind == Kind::kFilled;
    if (is_new) ++counts_[exception.ref.target];
  }
  for (const store::SettlementRecord& settlement : commit.settlements) {
    if (!EndsDelivery(settlement.outcome)) continue;
    uint64_t& count = counts_[settlement.ref.target];
    if (count > 0) --count;
  }
}

uint64_t UnsettledCounts::Get(TargetId target) const {
  MutexLock lock(mu_);
  auto found = counts_.find(target);
  return found == counts_.end() ? 0 : found->second;
}

}  // namespace pavane::delivery
