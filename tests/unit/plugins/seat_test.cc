#include <memory>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/seat/seat_handler.h"
#include "plugins/seat/seat_map.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/plugins/test_event.h"

namespace pavane::seat {
namespace {

using pavane::testing::MakeEvent;
using pavane::testing::Show;

std::string NamesAt(const Cabin& cabin, Position position) {
  std::string names;
  for (const Seat& seat : cabin) {
    if (seat.position == position) names += seat.name + " ";
  }
  return names;
}

TEST(SeatMap, KnowsWindowAisleAndMiddle) {
  const Cabin cabin = MakeCabin(4, 5, "ABC DEF");
  EXPECT_EQ(NamesAt(cabin, Position::kWindow), "4A 4F 5A 5F ");
  EXPECT_EQ(NamesAt(cabin, Position::kAisle), "4C 4D 5C 5D ");
  EXPECT_EQ(NamesAt(cabin, Position::kMiddle), "4B 4E 5B 5E ");
}

TEST(SeatMap, ASeatBetweenWindowAndAisleIsAWindowSeat) {
  EXPECT_EQ(NamesAt(MakeCabin(1, 1, "A D"), Position::kWindow), "1A 1D ");
}

TEST(SeatMap, ChoosesByPreferenceThenAnySeatThenNone) {
  const Cabin cabin = MakeCabin(1, 1, "AB C");
  EXPECT_EQ(Choose(cabin, Preference::kAisle, {})->seat, "1B");
  EXPECT_TRUE(Choose(cabin, Preference::kAisle, {})->preference_met);
  EXPECT_EQ(Choose(cabin, Preference::kAisle, {"1B"})->seat, "1A");
  EXPECT_FALSE(Choose(cabin, Preference::kAisle, {"1B"})->preference_met);
  EXPECT_FALSE(Choose(cabin, Preference::kWindow, {"1A", "1B", "1C"}).has_value());
}

TEST(SeatMap, FlightsFlyTheirAircraftAndOthersTheDefault) {
  const auto map = SeatMap::Parse(
      "aircraft:\n"
      "  big: {economy: {rows: [1, 2], letters: 'AB'}}\n"
      "  small: {economy: {rows: [1, 1], letters: 'A'}}\n"
      "flights: {PV1: big}\n"
      "default: small\n");
  ASSERT_TRUE(map.ok()) << map.status();
  EXPECT_EQ(map->Find("PV1", "economy")->size(), 4u);
  EXPECT_EQ(map->Find("PV2", "economy")->size(), 1u);
  EXPECT_EQ(map->Find("PV2", "first"), nullptr);
}

TEST(SeatMap, SaysWhatIsWrongWithAFile) {
  const auto message = [](const std::string& yaml) {
    return std::string(SeatMap::Parse(yaml).status().message());
  };
  EXPECT_THAT(message("aircraft: {a: {economy: {rows: [3, 1], letters: A}}}"),
              ::testing::HasSubstr("'economy': rows"));
  EXPECT_THAT(message("flights: {PV1: zeppelin}"), ::testing::HasSubstr("zeppelin"));
  EXPECT_THAT(message("aircraft: ["), ::testing::HasSubstr("seat map"));
}

class SeatHandlerTest : public ::testing::Test {
 protected:
  SeatHandlerTest() { Reopen(); }

  void Reopen() {
    handler_.reset();
    auto map = SeatMap::Parse(
        "aircraft: {tiny: {economy: {rows: [1, 1], letters: 'AB C'}}}\ndefault: tiny");
    auto handler = SeatHandler::Open(dir_.File("seat.db"), *std::move(map));
    ASSERT_TRUE(handler.ok()) << handler.status();
    handler_ = *std::move(handler);
  }

  plugins::Settlement Confirmed(const std::string& booking, const std::string& id,
                                const std::string& cabin = "economy",
                                const std::string& preference = "") {
    return handler_->Handle(MakeEvent("PaymentConfirmed",
                                      {{"booking_id", booking},
                                       {"passenger", pavane::testing::Passenger()},
                                       {"trip", pavane::testing::Trip(cabin, preference)}},
                                      id));
  }

  plugins::Settlement Blocked(const std::string& booking, const std::string& id) {
    return handler_->Handle(MakeEvent("TicketBlocked", {{"booking_id", booking}}, id));
  }

  testing::TempDir dir_;
  std::unique_ptr<SeatHandler> handler_;
};

TEST_F(SeatHandlerTest, GivesEachSeatOnceUntilTheCabinIsFull) {
  std::set<std::string> seats;
  for (const std::string booking : {"B1", "B2", "B3"}) {
    const auto settlement = Confirmed(booking, booking);
    ASSERT_EQ(Show(settlement), "SeatAssigned");
    EXPECT_TRUE(seats.insert(settlement.emits[0].data["seat"]).second);
    Reopen();
  }
  const auto full = Confirmed("B4", "B4");
  ASSERT_EQ(Show(full), "SeatUnavailable");
  EXPECT_EQ(full.emits[0].data["code"], "CABIN_FULL");
}

TEST_F(SeatHandlerTest, MeetsThePreferenceWhereItCan) {
  const auto first = Confirmed("B1", "e1", "economy", "aisle");
  EXPECT_EQ(first.emits[0].data["seat"], "1B");
  EXPECT_EQ(first.emits[0].data["preference_met"], true);
  const auto second = Confirmed("B2", "e2", "economy", "aisle");
  EXPECT_EQ(second.emits[0].data["preference_met"], false);
}

TEST_F(SeatHandlerTest, ARepeatGetsTheSameSeat) {
  const auto first = Confirmed("B1", "e1");
  Reopen();
  const auto again = Confirmed("B1", "e1");
  EXPECT_EQ(first.emits[0].data, again.emits[0].data);
  EXPECT_EQ(first.emits[0].id, again.emits[0].id);
  EXPECT_EQ(Show(Confirmed("B1", "other event")), "");
}

TEST_F(SeatHandlerTest, ACabinThatDoesNotExistHasNoSeat) {
  const auto settlement = Confirmed("B1", "e1", "first");
  ASSERT_EQ(Show(settlement), "SeatUnavailable");
  EXPECT_EQ(settlement.emits[0].data["code"], "NO_SUCH_CABIN");
}

TEST_F(SeatHandlerTest, ABlockedTicketFreesTheSeatForAnother) {
  const std::string seat = Confirmed("B1", "e1").emits[0].data["seat"];
  Confirmed("B2", "e2");
  Confirmed("B3", "e3");
  const auto released = Blocked("B1", "e4");
  ASSERT_EQ(Show(released), "SeatReleased");
  EXPECT_EQ(released.emits[0].data["seat"], seat);
  EXPECT_EQ(Confirmed("B4", "e5").emits[0].data["seat"], seat);
}

TEST_F(SeatHandlerTest, ABookingBlockedBeforeGetsNoSeat) {
  EXPECT_EQ(Show(Blocked("B1", "e1")), "");
  EXPECT_EQ(Show(Confirmed("B1", "e2")), "");
}

TEST_F(SeatHandlerTest, AnEventWithoutTripIsRejected) {
  EXPECT_EQ(Show(handler_->Handle(MakeEvent("PaymentConfirmed", {{"booking_id", "B1"}}, "e1"))),
            "reject INVALID_EVENT");
}

}  // namespace
}  // namespace pavane::seat
