#include "server_metrics.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"
#include "tests/unit/ingress/stations.h"

namespace pavane {
namespace {

using ::pavane::testing::Await;
using ::pavane::testing::MakeEvent;
using ::pavane::testing::Stations;

uint64_t LettersOf(Stations& broker, const std::string& bus) {
  const metrics::DeliverySample sample =
      SampleDelivery(*broker.dispatcher, *broker.log, broker.rules);
  const auto found = std::find_if(sample.buses.begin(), sample.buses.end(),
                                  [&](const metrics::BusSample& s) { return s.bus == bus; });
  return found == sample.buses.end() ? 0 : found->dead_letters;
}

TEST(ServerMetrics, DeadLettersOutliveTheirTargetAndTheirBus) {
  Stations broker;
  ASSERT_OK(broker.PutBus("audit"));
  ASSERT_OK(broker.PutRule("r", R"({"source":["shop"]})", {"service:s"}, "audit").status());
  broker.PublishOne(MakeEvent(), "audit");
  broker.Reject("s", broker.Pull("s", 1).at(0).delivery_id);
  EXPECT_EQ(LettersOf(broker, "audit"), 1u);
  EXPECT_EQ(LettersOf(broker, "default"), 0u);

  pavane::admin::v1::DeleteRuleRequest rule;
  rule.set_bus("audit");
  rule.set_name("r");
  ASSERT_OK(Await<absl::StatusOr<pavane::admin::v1::DeleteRuleResponse>>([&](auto done) {
              broker.rule_admin->Delete(rule, done);
            }).status());
  EXPECT_EQ(LettersOf(broker, "audit"), 1u);

  pavane::admin::v1::DeleteBusRequest bus;
  bus.set_name("audit");
  ASSERT_OK(Await<absl::StatusOr<pavane::admin::v1::DeleteBusResponse>>([&](auto done) {
              broker.buses->Delete(bus, done);
            }).status());
  EXPECT_EQ(LettersOf(broker, "audit"), 1u);
}

}  // namespace
}  // namespace pavane
