#ifndef PAVANE_DELIVERY_FIGURES_H_
#define PAVANE_DELIVERY_FIGURES_H_

#include <cstdint>
#include <vector>

#include "delivery/lease_table.h"
#include "delivery/service_table.h"
#include "delivery/stats.h"
#include "delivery/target_table.h"

namespace pavane::delivery {

// What metrics and the admin door show of the loop's tables. Loop thread only.

std::vector<TargetStats> CollectTargetStats(const TargetTable& targets, LeaseTable& leases,
                                            int64_t now_us);
std::vector<ServiceStats> CollectServiceStats(const ServiceTable& services, TargetTable& targets);

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_FIGURES_H_
