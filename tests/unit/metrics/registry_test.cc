#include "metrics/registry.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/broker_metrics.h"
#include "metrics/gauge_source.h"

namespace pavane::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Registry, RendersInOrderOfAddition) {
  Registry registry;
  registry.AddCounter("b_total", "B.").Add(2);
  registry.AddGauge("a", "A.").Set(-0.5);
  EXPECT_EQ(registry.Render(),
            "# HELP b_total B.\n# TYPE b_total counter\nb_total 2\n"
            "# HELP a A.\n# TYPE a gauge\na -0.5\n");
}

TEST(Registry, AsksSourcesAtEachRendering) {
  Registry registry;
  double value = 1;
  AddGaugeSource(registry, [&value] {
    return std::vector<GaugeValue>{{"pavane_rocksdb_live_bytes", "Live.", value}};
  });
  EXPECT_THAT(registry.Render(), HasSubstr("\npavane_rocksdb_live_bytes 1\n"));
  value = 2;
  EXPECT_THAT(registry.Render(), HasSubstr("\npavane_rocksdb_live_bytes 2\n"));
}

TEST(RegistryDeathTest, ANameIsAddedOnce) {
  Registry registry;
  registry.AddCounter("a_total", "A.");
  EXPECT_DEATH(registry.AddCounter("a_total", "A."), "metric added twice: a_total");
}

TEST(BrokerMetrics, EveryBusHasAllItsResults) {
  constexpr int kBuses = 10;
  Registry registry(kBuses);
  BrokerMetrics metrics(registry);
  for (int i = 0; i < kBuses; ++i) metrics.TouchBus(absl::StrCat("bus-", i));
  const std::string text = registry.Render();
  EXPECT_THAT(text,
              HasSubstr("pavane_publish_results_total{bus=\"bus-9\",result=\"refused\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("_other")));
}

TEST(BrokerMetrics, ATouchedBusHasItsSeriesAtZero) {
  Registry registry;
  BrokerMetrics metrics(registry);
  metrics.TouchBus("orders");
  std::string text = registry.Render();
  EXPECT_THAT(text, HasSubstr("pavane_matched_events_total{bus=\"orders\"} 0\n"));
  EXPECT_THAT(text,
              HasSubstr("pavane_publish_results_total{bus=\"orders\",result=\"refused\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("pavane_ingest_to_settled_seconds_count{bus=\"orders\"} 0\n"));
}

TEST(BrokerMetrics, BuildInfoCarriesVersionAndCommit) {
  Registry registry;
  AddBuildInfo(registry, "0.1.0", "abc");
  EXPECT_THAT(registry.Render(),
              HasSubstr("pavane_build_info{version=\"0.1.0\",commit=\"abc\"} 1\n"));
}

}  // namespace
}  // namespace pavane::metrics
