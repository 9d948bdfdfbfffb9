#include "ingress/emits.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "event/flow.h"
#include "event/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"
#include "tests/unit/ingress/stations.h"

namespace pavane::ingress {
namespace {

using ::pavane::testing::MakeEvent;
using ::pavane::testing::Stations;
using ::testing::HasSubstr;

class EmitsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(broker_.PutRule("r", R"({"detail-type":["OrderPlaced"]})").status());
    event::CloudEvent consumed = MakeEvent();
    event::SetTextAttribute(consumed, event::kCorrelationId, "flow-1");
    event::SetTextAttribute(consumed, event::kTraceParent, "00-trace");
    event::SetTextAttribute(consumed, event::kTraceState, "state");
    broker_.PublishOne(consumed);
    delivery_ = broker_.Pull("s", 1).at(0);
  }

  static event::CloudEvent Emit() {
    event::CloudEvent emit;
    emit.set_source("payment");
    emit.set_type("OrderPaid");
    emit.set_spec_version("1.0");
    return emit;
  }

  pavane::v1::SettleResult AckWith(const event::CloudEvent& emit, const std::string& bus = "") {
    pavane::v1::Settlement settlement;
    settlement.set_delivery_id(delivery_.delivery_id);
    pavane::v1::PublishEntry& entry = *settlement.mutable_ack()->add_emits();
    *entry.mutable_event() = emit;
    entry.set_bus(bus);
    return broker_.Settle("s", settlement);
  }

  event::CloudEvent Stored(BusId bus, uint64_t sequence) {
    const auto stored = broker_.log->ReadEvent({bus, Sequence(sequence)});
    event::CloudEvent event;
    EXPECT_OK(stored);
    if (stored.ok()) {
      EXPECT_TRUE(event.ParseFromString((*stored)->bytes));
    }
    return event;
  }

  Stations broker_;
  targets::OutgoingDelivery delivery_;
};

TEST_F(EmitsTest, InheritFlowCauseTraceAndBus) {
  const pavane::v1::SettleResult result = AckWith(Emit());
  ASSERT_FALSE(result.has_error()) << result.error().message();
  EXPECT_EQ(result.emits(0).sequence(), 2u);
  EXPECT_EQ(result.emits(0).bus(), "default");
  const event::CloudEvent stored = Stored(BusId(1), 2);
  EXPECT_EQ(stored.id(), result.emits(0).event_id());
  EXPECT_EQ(event::TextAttribute(stored, event::kCorrelationId), "flow-1");
  EXPECT_EQ(event::TextAttribute(stored, event::kCausationId), "e-1");
  EXPECT_EQ(event::TextAttribute(stored, event::kTraceParent), "00-trace");
  EXPECT_EQ(event::TextAttribute(stored, event::kTraceState), "state");
  ASSERT_OK_AND_ASSIGN(const auto event, broker_.log->ReadEvent({BusId(1), Sequence(2)}));
  EXPECT_EQ(event->cause, (event::EventRef{BusId(1), Sequence(1)}));
}

TEST_F(EmitsTest, WithoutAnIdGetADerivedOne) {
  const pavane::v1::SettleResult result = AckWith(Emit());
  EXPECT_EQ(result.emits(0).event_id(),
            event::DeriveEmitId(kPavaneUuidSpace, {BusId(1), Sequence(1)}, TargetId(1), 0));
}

TEST_F(EmitsTest, KeepTheirOwnIdAndTrace) {
  event::CloudEvent emit = Emit();
  emit.set_id("own");
  event::SetTextAttribute(emit, event::kTraceParent, "00-own");
  EXPECT_EQ(AckWith(emit).emits(0).event_id(), "own");
  const event::CloudEvent stored = Stored(BusId(1), 2);
  EXPECT_EQ(event::TextAttribute(stored, event::kTraceParent), "00-own");
  EXPECT_EQ(event::TextAttribute(stored, event::kTraceState), "");
}

TEST_F(EmitsTest, AnotherCauseOrFlowIsRefusedAndNothingIsAppended) {
  for (const absl::string_view name : {event::kCorrelationId, event::kCausationId}) {
    event::CloudEvent emit = Emit();
    event::SetTextAttribute(emit, name, "another");
    const pavane::v1::SettleResult result = AckWith(emit);
    EXPECT_EQ(result.error().reason(), pavane::v1::CAUSE_MISMATCH);
    EXPECT_THAT(result.error().message(), HasSubstr("emit 0"));
  }
  event::CloudEvent same = Emit();
  event::SetTextAttribute(same, event::kCorrelationId, "flow-1");
  event::SetTextAttribute(same, event::kCausationId, "e-1");
  EXPECT_EQ(AckWith(same).emits(0).sequence(), 2u);
}

TEST_F(EmitsTest, BadOnesAreRefusedNamingTheEmitAndItsReason) {
  event::CloudEvent emit = Emit();
  emit.set_text_data("{");
  pavane::v1::SettleResult result = AckWith(emit);
  EXPECT_EQ(result.error().reason(), pavane::v1::INVALID_EMIT);
  EXPECT_THAT(result.error().message(), HasSubstr("emit 0: INVALID_JSON"));
  result = AckWith(Emit(), "nowhere");
  EXPECT_EQ(result.error().reason(), pavane::v1::INVALID_EMIT);
  EXPECT_THAT(result.error().message(), HasSubstr("UNKNOWN_BUS"));
}

TEST_F(EmitsTest, GoToAnotherBusWhereAskedTo) {
  ASSERT_OK(broker_.PutBus("audit"));
  const pavane::v1::SettleResult result = AckWith(Emit(), "audit");
  ASSERT_FALSE(result.has_error()) << result.error().message();
  EXPECT_EQ(result.emits(0).bus(), "audit");
  EXPECT_EQ(result.emits(0).sequence(), 1u);
}

TEST_F(EmitsTest, BelowTheHardFloorTheyAreRefusedRetryablyAndPlainAcksGoOn) {
  broker_.gate.SetDiskLevel(DiskLevel::kHardFloor);
  const pavane::v1::SettleResult result = AckWith(Emit());
  EXPECT_EQ(result.error().reason(), pavane::v1::DISK_FULL);
  EXPECT_TRUE(result.error().has_retry_after());
  pavane::v1::Settlement plain;
  plain.set_delivery_id(delivery_.delivery_id);
  plain.mutable_ack();
  EXPECT_FALSE(broker_.Settle("s", plain).has_error());
}

TEST(Emits, TheSameContentHasTheSameFingerprint) {
  Stations broker;
  const Emits::Context& context = broker.settler->context();
  auto hash = [&](const event::CloudEvent& event) {
    PublishEntries entries;
    *entries.Add()->mutable_event() = event;
    auto emits = Emits::Make(context, std::move(entries));
    EXPECT_OK(emits.status());
    return (*emits)->content_hash();
  };
  event::CloudEvent event = MakeEvent();
  for (const char* name : {"a", "b", "c", "d"}) event::SetTextAttribute(event, name, name);
  event::CloudEvent reordered = MakeEvent();
  for (const char* name : {"d", "c", "b", "a"}) event::SetTextAttribute(reordered, name, name);
  EXPECT_EQ(hash(event), hash(reordered));
  EXPECT_NE(hash(event), hash(MakeEvent()));
}

}  // namespace
}  // namespace pavane::ingress
