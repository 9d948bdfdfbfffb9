// Prints what measuring and scraping cost.
#include <string>

#include "absl/strings/str_cat.h"
#include <benchmark/benchmark.h>

#include "metrics/histogram.h"
#include "metrics/target_collector.h"

namespace pavane::metrics {
namespace {

void BM_Observe(benchmark::State& state) {
  static Histogram histogram(LatencyBounds());
  double value = 0.0003;
  for (auto _ : state) {
    histogram.Observe(value);
    value = value < 1 ? value * 1.7 : 0.0003;
  }
}
BENCHMARK(BM_Observe)->Threads(1)->Threads(2);

// A scrape in which each target has its own series.
void BM_Scrape(benchmark::State& state) {
  DeliverySample sample{.buses = {{"default", 0}}, .targets = {}};
  for (int i = 0; i < state.range(0); ++i) {
    TargetSample target;
    target.id = TargetId(i + 1);
    target.bus = "default";
    target.rule = absl::StrCat("booking-created-to-service-", i);
    target.target = "target-1";
    target.counts.successes = i * 1000;
    sample.targets.push_back(target);
  }
  TargetCollector collector([&sample] { return sample; }, state.range(0));
  size_t bytes = 0;
  for (auto _ : state) {
    TextWriter out;
    collector.Write(out);
    bytes = std::move(out).Take().size();
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(BM_Scrape)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace pavane::metrics

BENCHMARK_MAIN();
