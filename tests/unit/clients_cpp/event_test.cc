#include "pavane/event.h"

#include <chrono>
#include <memory>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

#include "pavane/delivery.h"
#include "pavane/result.h"
#include "pavane/uuid.h"

namespace pavane {
namespace {

TEST(Uuid, RandomOnesAreVersionFourAndDiffer) {
  const std::string one = RandomUuid();
  EXPECT_EQ(one.size(), 36u);
  EXPECT_EQ(one[14], '4');
  EXPECT_NE(std::string("89ab").find(one[19]), std::string::npos) << one;
  EXPECT_NE(one, RandomUuid());
}

TEST(Uuid, NamedOnesAreThoseOfTheStandard) {
  EXPECT_EQ(NamedUuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "python.org"),
            "886313e1-3b8a-5372-9b90-0c9aee199e5d");
}

TEST(Uuid, OwnNameSpaceNeverChanges) {
  EXPECT_EQ(NamedUuid("a"), "73c4c09a-bef0-5008-bf9b-8a9eca8410ff");
}

TEST(Uuid, BadNameSpaceGivesNoUuid) { EXPECT_EQ(NamedUuid("not-a-uuid", "a"), ""); }

TEST(Event, NewOneHasSpecVersionTypeAndNoId) {
  const Event event("BookingCreated");
  EXPECT_EQ(event.message().spec_version(), "1.0");
  EXPECT_EQ(event.type(), "BookingCreated");
  EXPECT_EQ(event.id(), "");
}

// Else a vector of emits copies each of them when it grows.
static_assert(std::is_nothrow_move_constructible_v<Event>);

TEST(Event, OfADeliveryIsACopyWhenItIsCopied) {
  pavane::v1::Delivery message;
  message.mutable_event()->set_id("1");
  auto delivery = std::make_unique<Delivery>(std::move(message));
  EXPECT_EQ(delivery->event().id(), "1");
  Event copy = delivery->event();
  Event assigned("X");
  assigned = delivery->event();
  copy.SetId("2");
  EXPECT_EQ(delivery->event().id(), "1");
  delivery.reset();
  EXPECT_EQ(copy.id(), "2");
  EXPECT_EQ(assigned.id(), "1");
  EXPECT_EQ(assigned.type(), "");
}

TEST(Event, EnsureIdKeepsTheIdItHas) {
  Event event("X");
  event.EnsureId();
  const std::string id(event.id());
  EXPECT_EQ(id.size(), 36u);
  EXPECT_EQ(event.EnsureId().id(), id);
}

TEST(Event, BuilderIsReadBack) {
  const auto time = Event::TimePoint(std::chrono::microseconds(1'700'000'000'123'456));
  const Event event = Event("X")
                          .SetId("1")
                          .SetSource("/a")
                          .SetSubject("s")
                          .SetTime(time)
                          .SetCorrelationId("flow")
                          .SetCausationId("cause")
                          .SetJson("{}");
  EXPECT_EQ(event.id(), "1");
  EXPECT_EQ(event.source(), "/a");
  EXPECT_EQ(event.subject(), "s");
  EXPECT_EQ(event.time(), time);
  EXPECT_EQ(event.correlation_id(), "flow");
  EXPECT_EQ(event.causation_id(), "cause");
  EXPECT_EQ(event.content_type(), "application/json");
  EXPECT_EQ(event.data(), "{}");
}

TEST(Event, LiteralAttributeIsTextAndNotBoolean) {
  Event event;
  event.SetAttribute("tier", "gold").SetAttribute("vip", true).SetAttribute("seats", 2);
  EXPECT_EQ(event.Attribute("tier"), "gold");
  EXPECT_TRUE(event.message().attributes().at("vip").ce_boolean());
  EXPECT_EQ(event.message().attributes().at("seats").ce_integer(), 2);
  EXPECT_EQ(event.Attribute("seats"), "") << "not text";
}

TEST(Event, EmptyTextRemovesTheAttribute) {
  Event event;
  event.SetSubject("s").SetSubject("");
  EXPECT_FALSE(event.HasAttribute("subject"));
}

TEST(Event, BinaryDataIsRead) {
  const Event event = Event("X").SetBinary("\x01\x02", "application/octet-stream");
  EXPECT_EQ(event.data(), "\x01\x02");
  EXPECT_TRUE(event.message().has_binary_data());
}

TEST(Result, EmitsAreMadeFromEvents) {
  const Result result = Ack({Event("A"), PublishEntry(Event("B"), "other")});
  ASSERT_EQ(result.emits.size(), 2u);
  EXPECT_EQ(result.emits[0].bus, "");
  EXPECT_EQ(result.emits[1].bus, "other");
  EXPECT_EQ(Ack({Event("A")}).emits.size(), 1u);
  EXPECT_TRUE(Ack({}).emits.empty());
}

TEST(Result, NackWithoutDelayLeavesItToTheBroker) {
  EXPECT_FALSE(Nack("BUSY", "later").delay.has_value());
  EXPECT_EQ(Nack(std::chrono::seconds(3), "BUSY", "later").delay, std::chrono::seconds(3));
}

}  // namespace
}  // namespace pavane
