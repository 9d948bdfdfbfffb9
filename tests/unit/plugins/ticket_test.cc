#include <fstream>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "plugins/ticket/fault_switch.h"
#include "plugins/ticket/ticket_handler.h"
#include "plugins/ticket/ticket_number.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/plugins/test_event.h"

namespace pavane::ticket {
namespace {

using pavane::testing::MakeEvent;
using pavane::testing::Show;

TEST(TicketNumber, HasAirlineSerialAndCheckDigit) {
  EXPECT_EQ(TicketNumber(299, 1), "299-0000000001-1");
  EXPECT_EQ(TicketNumber(7, 1234567890), "007-1234567890-3");
}

class TicketHandlerTest : public ::testing::Test {
 protected:
  TicketHandlerTest() { Reopen(); }

  void Reopen() {
    handler_.reset();
    auto handler =
        TicketHandler::Open(dir_.File("ticket.db"), 299, [] { return absl::UnixEpoch(); });
    ASSERT_TRUE(handler.ok()) << handler.status();
    handler_ = *std::move(handler);
  }

  plugins::Settlement Paid(const std::string& booking) {
    return handler_->Handle(MakeEvent("PaymentConfirmed",
                                      {{"booking_id", booking},
                                       {"amount_cents", 100},
                                       {"currency", "EUR"},
                                       {"passenger", pavane::testing::Passenger()},
                                       {"trip", pavane::testing::Trip()}},
                                      "paid " + booking));
  }
  plugins::Settlement Seated(const std::string& booking) {
    return handler_->Handle(
        MakeEvent("SeatAssigned", {{"booking_id", booking}, {"seat", "12A"}}, "seated " + booking));
  }
  plugins::Settlement CancelRequested(const std::string& booking) {
    return handler_->Handle(
        MakeEvent("BookingCancellationRequested", {{"booking_id", booking}}, "cancel " + booking));
  }

  testing::TempDir dir_;
  std::unique_ptr<TicketHandler> handler_;
};

TEST_F(TicketHandlerTest, IssuesOncePaymentAndSeatAreKnown) {
  EXPECT_EQ(Show(Paid("B1")), "");
  const auto settlement = Seated("B1");
  ASSERT_EQ(Show(settlement), "TicketIssued");
  const plugins::Json& data = settlement.emits[0].data;
  EXPECT_EQ(data["seat"], "12A");
  EXPECT_EQ(data["ticket_number"], "299-0000000001-1");
  EXPECT_EQ(data["amount_cents"], 100);
  EXPECT_EQ(data["passenger"]["name"], "Ada Byron");
}

TEST_F(TicketHandlerTest, TheOrderDoesNotMatterNorDoesACrashBetween) {
  EXPECT_EQ(Show(Seated("B1")), "");
  Reopen();
  EXPECT_EQ(Show(Paid("B1")), "TicketIssued");
}

TEST_F(TicketHandlerTest, ARepeatIssuesTheSameTicketAgain) {
  Paid("B1");
  const auto first = Seated("B1");
  Reopen();
  const auto again = Seated("B1");
  EXPECT_EQ(first.emits[0].id, again.emits[0].id);
  EXPECT_EQ(first.emits[0].data, again.emits[0].data);
  EXPECT_EQ(Show(Paid("B1")), "");
}

TEST_F(TicketHandlerTest, EachBookingHasANumberOfItsOwn) {
  Paid("B1");
  Paid("B2");
  EXPECT_NE(Seated("B1").emits[0].data["ticket_number"],
            Seated("B2").emits[0].data["ticket_number"]);
}

TEST_F(TicketHandlerTest, ACancellationBeforeTheTicketBlocksIt) {
  Paid("B1");
  EXPECT_EQ(Show(CancelRequested("B1")), "TicketBlocked");
  EXPECT_EQ(Show(Seated("B1")), "");
}

TEST_F(TicketHandlerTest, ACancellationOfAnUnknownBookingBlocksToo) {
  EXPECT_EQ(Show(CancelRequested("B1")), "TicketBlocked");
  EXPECT_EQ(Show(Paid("B1")), "");
  EXPECT_EQ(Show(Seated("B1")), "");
}

TEST_F(TicketHandlerTest, ACancellationAfterTheTicketComesTooLate) {
  Paid("B1");
  ASSERT_EQ(Show(Seated("B1")), "TicketIssued");
  EXPECT_EQ(Show(CancelRequested("B1")), "");
}

class FaultSwitchTest : public ::testing::Test {
 protected:
  std::string FailureWith(const std::string& text) {
    std::ofstream(dir_.File("break")) << text;
    const auto failure = FaultSwitch(dir_.File("break")).Failure();
    return failure ? Show(*failure) + ": " + failure->message : "none";
  }
  testing::TempDir dir_;
};

TEST_F(FaultSwitchTest, IsOffWithoutAFile) {
  EXPECT_FALSE(FaultSwitch("").Failure().has_value());
  EXPECT_FALSE(FaultSwitch(dir_.File("nothing")).Failure().has_value());
}

TEST_F(FaultSwitchTest, TheFileSaysHow) {
  EXPECT_EQ(FailureWith(""), "reject TICKET_STOCK_UNREACHABLE: the ticket stock cannot be reached");
  EXPECT_EQ(FailureWith("reject the printer is on fire\n"),
            "reject TICKET_STOCK_UNREACHABLE: the printer is on fire");
  EXPECT_EQ(FailureWith("nack back soon"), "nack TICKET_STOCK_UNREACHABLE: back soon");
}

}  // namespace
}  // namespace pavane::ticket
