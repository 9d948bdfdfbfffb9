#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/booking/booking_desk.h"
#include "plugins/booking/booking_state.h"
#include "plugins/booking/order_check.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/plugins/test_event.h"

namespace pavane::booking {
namespace {

using pavane::testing::MakeEvent;
using pavane::testing::Show;
using plugins::Event;
using plugins::Json;

Event Told(const std::string& type, Json data = {}) { return MakeEvent(type, data, type); }

Event Seated() { return Told("SeatAssigned", {{"seat", "12A"}}); }
Event Ticketed() { return Told("TicketIssued", {{"ticket_number", "299-1"}, {"seat", "12A"}}); }
Event Refunded(const std::string& cause) {
  return Told("PaymentRefunded", {{"cause", cause}, {"amount_cents", 100}});
}
Event Failed() { return Told("PaymentFailed", {{"reason", "declined"}}); }

Progress After(const std::vector<Event>& events) {
  Progress progress;
  for (const Event& event : events) EXPECT_TRUE(Learn(event, progress).ok()) << event.type;
  return progress;
}

TEST(BookingState, GoesForwardWithWhatIsKnown) {
  EXPECT_EQ(StateOf(After({})), State::kPending);
  EXPECT_EQ(StateOf(After({Told("PaymentConfirmed")})), State::kPaid);
  EXPECT_EQ(StateOf(After({Told("PaymentConfirmed"), Seated()})), State::kSeated);
  EXPECT_EQ(StateOf(After({Told("PaymentConfirmed"), Seated(), Ticketed()})), State::kTicketed);
}

TEST(BookingState, WaitsForTheMoneyBeforeItIsCancelledForWantOfASeat) {
  const std::vector<Event> events = {Told("PaymentConfirmed"), Told("SeatUnavailable")};
  EXPECT_EQ(StateOf(After(events)), State::kCancelling);
  Progress progress = After(events);
  ASSERT_TRUE(Learn(Refunded("seat"), progress).ok());
  EXPECT_EQ(StateOf(progress), State::kCancelled);
  EXPECT_EQ(progress.cancel_reason, CancelReason::kSeat);
  EXPECT_EQ(progress.refunded_cents, 100);
}

// Each flow in every order, every event twice.
void ExpectSameEndInEveryOrder(std::vector<Event> events, State state, CancelReason reason) {
  const auto by_type = [](const Event& a, const Event& b) { return a.type < b.type; };
  std::sort(events.begin(), events.end(), by_type);
  do {
    Progress progress = After(events);
    std::string order;
    for (const Event& event : events) order += event.type + " ";
    EXPECT_EQ(StateOf(progress), state) << order;
    EXPECT_EQ(progress.cancel_reason, reason) << order;
    const Progress before = progress;
    for (const Event& event : events) EXPECT_TRUE(Learn(event, progress).ok());
    EXPECT_EQ(progress, before) << order;
  } while (std::next_permutation(events.begin(), events.end(), by_type));
}

TEST(BookingState, TheOrderOfEventsDoesNotMatter) {
  const Event paid = Told("PaymentConfirmed");
  ExpectSameEndInEveryOrder({paid, Seated(), Ticketed()}, State::kTicketed, CancelReason::kNone);
  ExpectSameEndInEveryOrder({Failed()}, State::kCancelled, CancelReason::kPayment);
  ExpectSameEndInEveryOrder({paid, Told("SeatUnavailable"), Refunded("seat")}, State::kCancelled,
                            CancelReason::kSeat);
  ExpectSameEndInEveryOrder({paid, Seated(), Refunded("customer")}, State::kCancelled,
                            CancelReason::kCustomer);
  ExpectSameEndInEveryOrder({Told("PaymentVoided")}, State::kCancelled, CancelReason::kCustomer);
}

TEST(BookingState, TheFirstEndIsTheLast) {
  const Progress progress = After({Ticketed(), Failed()});
  EXPECT_EQ(StateOf(progress), State::kTicketed);
  EXPECT_EQ(StateOf(After({Failed(), Ticketed()})), State::kCancelled);
}

TEST(BookingState, RefusesEventsItDoesNotFollow) {
  Progress progress;
  EXPECT_FALSE(Learn(Told("Unheard"), progress).ok());
  EXPECT_FALSE(Learn(Told("TicketIssued"), progress).ok());
  EXPECT_FALSE(Learn(Refunded("weather"), progress).ok());
  EXPECT_EQ(progress, Progress());
}

Order MakeOrder(const std::string& request_id) {
  Order order;
  order.request_id = request_id;
  order.passenger = pavane::testing::Passenger();
  order.trip = pavane::testing::Trip();
  order.card = {{"number", "4242424242424242"}, {"expiry", "12/30"}, {"holder", "A"}};
  order.amount_cents = 45900;
  order.currency = "EUR";
  return order;
}

TEST(OrderCheck, NamesTheFieldThatIsWrong) {
  EXPECT_TRUE(CheckOrder(MakeOrder("r1")).ok());
  const auto message = [](void (*spoil)(Order&)) {
    Order order = MakeOrder("r1");
    spoil(order);
    return std::string(CheckOrder(order).message());
  };
  using ::testing::HasSubstr;
  EXPECT_THAT(message([](Order& o) { o.request_id = ""; }), HasSubstr("request_id"));
  EXPECT_THAT(message([](Order& o) { o.passenger["name"] = ""; }), HasSubstr("passenger.name"));
  EXPECT_THAT(message([](Order& o) { o.passenger["email"] = "a@b\r\nBcc: c"; }),
              HasSubstr("email"));
  EXPECT_THAT(message([](Order& o) { o.passenger["email"] = "nobody"; }), HasSubstr("email"));
  EXPECT_THAT(message([](Order& o) { o.trip["date"] = "2026-13-01"; }), HasSubstr("trip.date"));
  EXPECT_THAT(message([](Order& o) { o.trip.erase("cabin"); }), HasSubstr("trip.cabin"));
  EXPECT_THAT(message([](Order& o) { o.card["number"] = ""; }), HasSubstr("card.number"));
  EXPECT_THAT(message([](Order& o) { o.amount_cents = 0; }), HasSubstr("amount_cents"));
  EXPECT_THAT(message([](Order& o) { o.currency = "euro"; }), HasSubstr("currency"));
}

class BookingDeskTest : public ::testing::Test {
 protected:
  BookingDeskTest() { Reopen(); }

  void Reopen() {
    desk_.reset();
    auto desk = BookingDesk::Open(dir_.File("booking.db"), [] { return absl::UnixEpoch(); });
    ASSERT_TRUE(desk.ok()) << desk.status();
    desk_ = *std::move(desk);
  }

  std::string Create(const std::string& request_id = "r1") {
    auto booking = desk_->Create(MakeOrder(request_id));
    EXPECT_TRUE(booking.ok()) << booking.status();
    return booking->booking_id;
  }

  plugins::Settlement Tell(Event event, const std::string& booking_id) {
    event.data["booking_id"] = booking_id;
    return desk_->Handle(event);
  }

  std::vector<std::string> UnpublishedTypes() {
    std::vector<std::string> types;
    const std::vector<Event> events = *desk_->Unpublished(100);
    for (const Event& event : events) types.push_back(event.type);
    return types;
  }

  State StateNow(const std::string& booking_id) {
    return StateOf(desk_->Get(booking_id)->progress);
  }

  testing::TempDir dir_;
  std::unique_ptr<BookingDesk> desk_;
};

TEST_F(BookingDeskTest, StoresTheBookingTogetherWithItsEvent) {
  const std::string id = Create();
  Reopen();
  const auto booking = desk_->Get(id);
  ASSERT_TRUE(booking.ok()) << booking.status();
  EXPECT_EQ(booking->passenger, pavane::testing::Passenger());
  const auto events = desk_->Unpublished(10);
  ASSERT_EQ(events->size(), 1u);
  const Event& event = (*events)[0];
  EXPECT_EQ(event.type, "BookingCreated");
  EXPECT_EQ(event.id, booking->flow_id);
  EXPECT_EQ(event.flow, booking->flow_id);
  EXPECT_EQ(event.data["booking_id"], id);
  EXPECT_EQ(event.data["card"]["number"], "4242424242424242");
}

TEST_F(BookingDeskTest, ARepeatedRequestMakesOneBooking) {
  const std::string id = Create("r1");
  Reopen();
  EXPECT_EQ(Create("r1"), id);
  EXPECT_NE(Create("r2"), id);
  EXPECT_THAT(UnpublishedTypes(), ::testing::ElementsAre("BookingCreated", "BookingCreated"));
}

TEST_F(BookingDeskTest, AnEventLeavesTheOutboxOnlyWhenItWasPublished) {
  Create("r1");
  Create("r2");
  const auto events = *desk_->Unpublished(10);
  ASSERT_TRUE(desk_->MarkPublished({events[0].id}).ok());
  Reopen();
  const auto rest = *desk_->Unpublished(10);
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].id, events[1].id);
}

TEST_F(BookingDeskTest, ATicketEndsTheBookingWithoutACancellation) {
  const std::string id = Create();
  EXPECT_EQ(Show(Tell(Told("PaymentConfirmed"), id)), "");
  EXPECT_EQ(Show(Tell(Seated(), id)), "");
  EXPECT_EQ(Show(Tell(Ticketed(), id)), "");
  EXPECT_EQ(StateNow(id), State::kTicketed);
  EXPECT_EQ(desk_->Get(id)->progress.ticket_number, "299-1");
}

TEST_F(BookingDeskTest, BookingCancelledIsEmittedOnceAndAfterTheRefund) {
  const std::string id = Create();
  EXPECT_EQ(Show(Tell(Told("PaymentConfirmed"), id)), "");
  EXPECT_EQ(Show(Tell(Told("SeatUnavailable"), id)), "");
  const auto settlement = Tell(Refunded("seat"), id);
  ASSERT_EQ(Show(settlement), "BookingCancelled");
  EXPECT_EQ(settlement.emits[0].data["reason"], "seat");
  EXPECT_EQ(settlement.emits[0].data["refunded_cents"], 100);
  EXPECT_EQ(settlement.emits[0].data["passenger"]["name"], "Ada Byron");
  // The same delivery gives the same event again, any other event none.
  EXPECT_EQ(Tell(Refunded("seat"), id).emits[0].id, settlement.emits[0].id);
  EXPECT_EQ(Show(Tell(Failed(), id)), "");
}

TEST_F(BookingDeskTest, AFailedPaymentCancels) {
  const std::string id = Create();
  const auto settlement = Tell(Failed(), id);
  ASSERT_EQ(Show(settlement), "BookingCancelled");
  EXPECT_EQ(settlement.emits[0].data["reason"], "payment");
  EXPECT_EQ(settlement.emits[0].data["detail"], "declined");
}

TEST_F(BookingDeskTest, ACustomerCancelsOnce) {
  const std::string id = Create();
  ASSERT_TRUE(desk_->Cancel(id).ok());
  ASSERT_TRUE(desk_->Cancel(id).ok());
  EXPECT_EQ(StateNow(id), State::kCancelling);
  EXPECT_THAT(UnpublishedTypes(),
              ::testing::ElementsAre("BookingCreated", "BookingCancellationRequested"));
  EXPECT_EQ((*desk_->Unpublished(10))[1].flow, desk_->Get(id)->flow_id);
  EXPECT_EQ(Show(Tell(Refunded("customer"), id)), "BookingCancelled");
  EXPECT_EQ(desk_->Get(id)->progress.cancel_reason, CancelReason::kCustomer);
}

TEST_F(BookingDeskTest, ATicketThatWasFasterThanTheCustomerWins) {
  const std::string id = Create();
  ASSERT_TRUE(desk_->Cancel(id).ok());
  EXPECT_EQ(Show(Tell(Ticketed(), id)), "");
  EXPECT_EQ(StateNow(id), State::kTicketed);
}

TEST_F(BookingDeskTest, ATicketedBookingCannotBeCancelled) {
  const std::string id = Create();
  Tell(Ticketed(), id);
  EXPECT_TRUE(absl::IsFailedPrecondition(desk_->Cancel(id).status()));
}

TEST_F(BookingDeskTest, EventsOfUnknownBookingsAreRejected) {
  EXPECT_EQ(Show(Tell(Failed(), "NOBODY")), "reject UNKNOWN_SUBJECT");
}

TEST_F(BookingDeskTest, ListsInOrderByPageAndState) {
  const std::string first = Create("r1");
  const std::string second = Create("r2");
  Tell(Ticketed(), second);
  const auto page = *desk_->List(0, 1, std::nullopt);
  ASSERT_EQ(page.size(), 1u);
  EXPECT_EQ(page[0].booking_id, first);
  EXPECT_EQ((*desk_->List(page[0].number, 10, std::nullopt))[0].booking_id, second);
  const auto ticketed = *desk_->List(0, 10, State::kTicketed);
  ASSERT_EQ(ticketed.size(), 1u);
  EXPECT_EQ(ticketed[0].booking_id, second);
}

TEST_F(BookingDeskTest, WakesTheRelayAfterTheCommit) {
  size_t seen = 0;
  desk_->OnUnpublished([&] { seen = desk_->Unpublished(10)->size(); });
  Create();
  EXPECT_EQ(seen, 1u);
}

}  // namespace
}  // namespace pavane::booking
