#include "ingress/settler.h"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ingress/settlement_translation.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"
#include "tests/unit/ingress/stations.h"

namespace pavane::ingress {
namespace {

using ::pavane::testing::Stations;
using pavane::v1::Settlement;

TEST(Settler, AnswersEachSettlementInItsPlace) {
  Stations broker;
  ASSERT_OK(broker.PutRule("r", R"({"source":["shop"]})").status());
  broker.PublishOne(pavane::testing::MakeEvent());
  const std::string id = broker.Pull("s", 1).at(0).delivery_id;
  Settler::Settlements settlements;
  settlements.Add()->set_delivery_id("no outcome");
  Settlement& good = *settlements.Add();
  good.set_delivery_id(id);
  good.mutable_ack();
  Settlement& strange = *settlements.Add();
  strange.set_delivery_id("gibberish");
  strange.mutable_ack();
  const auto results = pavane::testing::Await<Settler::Results>(
      [&](auto done) { broker.settler->Settle("s", settlements, done); });
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].error().reason(), pavane::v1::INVALID_SETTLEMENT);
  EXPECT_EQ(results[0].delivery_id(), "no outcome");
  EXPECT_FALSE(results[1].has_error()) << results[1].error().message();
  EXPECT_EQ(results[1].delivery_id(), id);
  EXPECT_EQ(results[2].error().reason(), pavane::v1::INVALID_DELIVERY_ID);
}

TEST(SettlementTranslation, RefusesWhatIsNotASettlement) {
  struct Case {
    const char* name;
    std::function<void(Settlement&)> make;
    bool accepted;
  };
  const std::vector<Case> cases = {
      {"nothing", [](auto&) {}, false},
      {"ack", [](auto& s) { s.mutable_ack(); }, true},
      {"release", [](auto& s) { s.mutable_release(); }, true},
      {"nack", [](auto& s) { s.mutable_nack()->set_code("X"); }, true},
      {"long code", [](auto& s) { s.mutable_nack()->set_code(std::string(129, 'x')); }, false},
      {"negative delay", [](auto& s) { s.mutable_nack()->mutable_delay()->set_seconds(-1); },
       false},
      {"long reject code", [](auto& s) { s.mutable_reject()->set_code(std::string(129, 'x')); },
       false},
      {"defer by a service", [](auto& s) { s.mutable_defer(); }, false},
  };
  Stations broker;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Settlement settlement;
    c.make(settlement);
    EXPECT_EQ(TranslateSettlement(broker.settler->context(), broker.gate,
                                  SettlementOrigin::kService, settlement)
                  .ok(),
              c.accepted);
  }
  Settlement defer;
  defer.mutable_defer()->mutable_lease()->set_seconds(60);
  EXPECT_OK(
      TranslateSettlement(broker.settler->context(), broker.gate, SettlementOrigin::kDialOut, defer)
          .status());
}

TEST(SettlementTranslation, KeepsWholeCharactersOfALongMessage) {
  Stations broker;
  Settlement settlement;
  settlement.mutable_nack()->set_message(std::string(1023, 'x') + "\xc3\xa9");
  ASSERT_OK_AND_ASSIGN(const auto request,
                       TranslateSettlement(broker.settler->context(), broker.gate,
                                           SettlementOrigin::kService, settlement));
  EXPECT_EQ(std::get<delivery::Nack>(request.outcome).message, std::string(1023, 'x'));
}

TEST(SettlementTranslation, CapsADelayAtADay) {
  Stations broker;
  Settlement settlement;
  settlement.mutable_nack()->mutable_delay()->set_seconds(1'000'000);
  ASSERT_OK_AND_ASSIGN(const auto request,
                       TranslateSettlement(broker.settler->context(), broker.gate,
                                           SettlementOrigin::kService, settlement));
  EXPECT_EQ(std::get<delivery::Nack>(request.outcome).delay, absl::Hours(24));
}

}  // namespace
}  // namespace pavane::ingress
