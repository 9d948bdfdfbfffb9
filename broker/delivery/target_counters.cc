#include "delivery/target_counters.h"

namespace pavane::delivery {

void CountSettlement(const store::SettlementRecord& settlement, store::TargetCounters& counters) {
  if (settlement.attempt_counted) {
    ++counters.attempts;
    if (!settlement.first_attempt) ++counters.retries;
  }
  switch (settlement.outcome) {
    case store::Outcome::kAcked:
      ++counters.successes;
      break;
    case store::Outcome::kFailed:
      ++counters.failed_by_reason[static_cast<size_t>(settlement.reason)];
      ++(settlement.to_dead_letters ? counters.sent_to_dead_letters : counters.lost);
      break;
    case store::Outcome::kDiscarded:
      ++counters.discarded;
      break;
    case store::Outcome::kRetry:
    case store::Outcome::kReleased:
      break;
  }
}

}  // namespace pavane::delivery
