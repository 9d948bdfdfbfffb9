#include "metrics/gauge_source.h"

#include <utility>

namespace pavane::metrics {

void AddGaugeSource(Registry& registry, std::function<std::vector<GaugeValue>()> source) {
  registry.AddSource([source = std::move(source)](TextWriter& out) {
    for (const GaugeValue& gauge : source()) {
      out.Family(gauge.name, gauge.help, Type::kGauge);
      out.Sample(gauge.name, "", gauge.value);
    }
  });
}

}  // namespace pavane::metrics
