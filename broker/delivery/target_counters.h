#ifndef PAVANE_DELIVERY_TARGET_COUNTERS_H_
#define PAVANE_DELIVERY_TARGET_COUNTERS_H_

#include "store/commit_record.h"
#include "store/target_state.h"

namespace pavane::delivery {

/// Counts a settlement of the target.
void CountSettlement(const store::SettlementRecord& settlement, store::TargetCounters& counters);

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_TARGET_COUNTERS_H_
