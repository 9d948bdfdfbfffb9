// Figures that another part keeps and tells at each scrape, such as RocksDB's properties.
#ifndef PAVANE_METRICS_GAUGE_SOURCE_H_
#define PAVANE_METRICS_GAUGE_SOURCE_H_

#include <functional>
#include <vector>

#include "absl/strings/string_view.h"

#include "metrics/registry.h"

namespace pavane::metrics {

// Name and help are literals; the name is the whole one ("pavane_rocksdb_live_bytes"), and each is
// given once per call.
struct GaugeValue {
  absl::string_view name;
  absl::string_view help;
  double value = 0;
};

// Writes what `source` returns, each as a gauge without labels. What `source` reads must outlive
// the registry's last Render.
void AddGaugeSource(Registry& registry, std::function<std::vector<GaugeValue>()> source);

}  // namespace pavane::metrics

#endif  // PAVANE_METRICS_GAUGE_SOURCE_H_
