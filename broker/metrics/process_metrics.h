// The process's own figures under the names that all Prometheus clients use:
// process_cpu_seconds_total, process_resident_memory_bytes, process_virtual_memory_bytes,
// process_open_fds, process_max_fds, process_threads, process_start_time_seconds.
#ifndef PAVANE_METRICS_PROCESS_METRICS_H_
#define PAVANE_METRICS_PROCESS_METRICS_H_

#include "metrics/registry.h"

namespace pavane::metrics {

// Reads /proc/self at each scrape; a figure that cannot be read is left out.
void AddProcessMetrics(Registry& registry);

}  // namespace pavane::metrics

#endif  // PAVANE_METRICS_PROCESS_METRICS_H_
