#include "ingress/forwarder.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"
#include "tests/unit/ingress/stations.h"

namespace pavane::ingress {
namespace {

using ::pavane::testing::MakeEvent;
using ::pavane::testing::Stations;
using ::pavane::testing::StatusIs;

TEST(Forwarder, TheSameEventGoesToTheOtherBusWithItsFlow) {
  Stations broker;
  ASSERT_OK(broker.PutBus("audit"));
  ASSERT_OK(broker.PutRule("forward", R"({"source":["shop"]})", {"bus:audit"}).status());
  ASSERT_OK(broker.PutRule("audit", R"({"source":["shop"]})", {"service:a"}, "audit").status());
  event::CloudEvent event = MakeEvent();
  event::SetTextAttribute(event, event::kCorrelationId, "flow-1");
  broker.PublishOne(event);
  const targets::OutgoingDelivery delivery = broker.Pull("a", 1).at(0);
  EXPECT_EQ(delivery.names->bus, "audit");
  EXPECT_EQ(delivery.event->hops, 1u);
  EXPECT_EQ(delivery.event->cause, (event::EventRef{BusId(1), Sequence(1)}));
  event::CloudEvent arrived;
  ASSERT_TRUE(arrived.ParseFromString(delivery.event->bytes));
  EXPECT_EQ(arrived.id(), "e-1");
  EXPECT_EQ(event::TextAttribute(arrived, event::kCorrelationId), "flow-1");
  EXPECT_EQ(event::TextAttribute(arrived, event::kCausationId), "");
}

TEST(Forwarder, AChainEndsAtTheHopLimit) {
  Stations broker;
  for (uint32_t i = 1; i <= kHopsMax + 1; ++i) ASSERT_OK(broker.PutBus(absl::StrCat("b", i)));
  ASSERT_OK(broker.PutRule("f", R"({"source":["shop"]})", {"bus:b1"}).status());
  for (uint32_t i = 1; i <= kHopsMax; ++i) {
    ASSERT_OK(broker
                  .PutRule("f", R"({"source":["shop"]})", {absl::StrCat("bus:b", i + 1)},
                           absl::StrCat("b", i))
                  .status());
  }
  ASSERT_OK(broker.PutRule("last", R"({"source":["shop"]})", {"service:s"}, "b8").status());
  broker.PublishOne(MakeEvent());
  EXPECT_EQ(broker.Pull("s", 1).at(0).event->hops, 8u);
  pavane::admin::v1::ListDeadLettersRequest request;
  request.mutable_filter()->set_reason(pavane::admin::v1::HOP_LIMIT);
  for (;;) {
    ASSERT_OK_AND_ASSIGN(const auto letters, broker.dead_letters->List(request));
    if (letters.dead_letters().empty()) continue;  // the forwarding is being given up
    EXPECT_EQ(letters.dead_letters(0).bus(), "b8");
    break;
  }
}

TEST(Forwarder, ACircleEndsAtTheBusThatHasTheEvent) {
  Stations broker;
  ASSERT_OK(broker.PutBus("audit"));
  ASSERT_OK(broker.PutRule("there", R"({"source":["shop"]})", {"bus:audit"}).status());
  ASSERT_OK(broker.PutRule("back", R"({"source":["shop"]})", {"bus:default"}, "audit").status());
  broker.PublishOne(MakeEvent());
  // Both forwardings succeed, and nothing is left to do.
  for (bool done = false; !done;) {
    uint64_t successes = 0;
    for (const delivery::TargetStats& target : broker.dispatcher->CollectTargetStats()) {
      successes += target.counters.successes;
    }
    done = successes == 2;
  }
  EXPECT_EQ(broker.log->EventRange(BusId(1)).second, Sequence(1));
  EXPECT_EQ(broker.log->EventRange(BusId(2)).second, Sequence(1));
}

TEST(Forwarder, RefusesWhatCannotGo) {
  Stations broker;
  ASSERT_OK(broker.PutBus("audit"));
  auto event = std::make_shared<event::StoredEvent>();
  EXPECT_THAT(broker.forwarder.Forward("nowhere", event).status(),
              StatusIs(absl::StatusCode::kNotFound));
  event->hops = kHopsMax;
  EXPECT_THAT(broker.forwarder.Forward("audit", event).status(),
              StatusIs(absl::StatusCode::kOutOfRange));
}

}  // namespace
}  // namespace pavane::ingress
