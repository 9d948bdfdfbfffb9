#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "plugins/payment/card_rules.h"
#include "plugins/payment/payment_handler.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/plugins/test_event.h"

namespace pavane::payment {
namespace {

using pavane::testing::MakeEvent;
using pavane::testing::Show;
using plugins::Event;
using plugins::Json;

constexpr char kGoodCard[] = "4242 4242 4242 4242";
const absl::CivilMonth kMonth(2026, 11);

TEST(CardRules, LuhnKnowsRightFromWrong) {
  EXPECT_TRUE(PassesLuhn("4242424242424242"));
  EXPECT_TRUE(PassesLuhn("79927398713"));
  EXPECT_FALSE(PassesLuhn("79927398710"));
  EXPECT_FALSE(PassesLuhn("4242424242424241"));
  EXPECT_FALSE(PassesLuhn(""));
}

struct RuleCase {
  const char* name;
  Charge charge;
  std::string code;  // empty: charged
};

class CardRulesTest : public ::testing::TestWithParam<RuleCase> {};

TEST_P(CardRulesTest, RefusesWithTheCode) {
  const auto decline = Refuse(GetParam().charge, Limits(), kMonth);
  EXPECT_EQ(decline ? decline->code : "", GetParam().code);
}

Charge MakeCharge(const std::string& number, const std::string& expiry = "11/26",
                  int64_t cents = 100, const std::string& currency = "EUR", int64_t today = 0) {
  return {{number, expiry}, cents, currency, today};
}

INSTANTIATE_TEST_SUITE_P(
    Rules, CardRulesTest,
    ::testing::Values(
        RuleCase{"Good", MakeCharge(kGoodCard), ""},
        RuleCase{"Letters", MakeCharge("4242-4242-4242-424x"), "CARD_NUMBER_INVALID"},
        RuleCase{"WrongDigit", MakeCharge("4242424242424241"), "CARD_NUMBER_INVALID"},
        RuleCase{"TooShort", MakeCharge("42"), "CARD_NUMBER_INVALID"},
        RuleCase{"ExpiredLastMonth", MakeCharge(kGoodCard, "10/26"), "CARD_EXPIRED"},
        RuleCase{"NoMonth", MakeCharge(kGoodCard, "13/26"), "CARD_EXPIRY_INVALID"},
        RuleCase{"NoDate", MakeCharge(kGoodCard, "soon"), "CARD_EXPIRY_INVALID"},
        RuleCase{"OtherCurrency", MakeCharge(kGoodCard, "11/26", 1, "USD"),
                 "CURRENCY_NOT_SUPPORTED"},
        RuleCase{"Nothing", MakeCharge(kGoodCard, "11/26", 0), "AMOUNT_INVALID"},
        RuleCase{"AtTheLimit", MakeCharge(kGoodCard, "11/26", 2'500'000), ""},
        RuleCase{"OverTheLimit", MakeCharge(kGoodCard, "11/26", 2'500'001), "AMOUNT_OVER_LIMIT"},
        RuleCase{"TheDayIsFull", MakeCharge(kGoodCard, "11/26", 100, "EUR", 4'999'900), ""},
        RuleCase{"OverTheDay", MakeCharge(kGoodCard, "11/26", 101, "EUR", 4'999'900),
                 "CARD_OVER_DAILY_LIMIT"},
        RuleCase{"Declined", MakeCharge("4000000000000002"), "CARD_DECLINED"},
        RuleCase{"NoFunds", MakeCharge("4000 0000 0000 9995"), "INSUFFICIENT_FUNDS"}),
    [](const auto& info) { return info.param.name; });

class PaymentHandlerTest : public ::testing::Test {
 protected:
  PaymentHandlerTest() { Reopen(); }

  void Reopen() {
    handler_.reset();
    auto handler = PaymentHandler::Open(dir_.File("payment.db"), Limits(), [this] { return now_; });
    ASSERT_TRUE(handler.ok()) << handler.status();
    handler_ = *std::move(handler);
  }

  plugins::Settlement Created(const std::string& booking, const std::string& id,
                              int64_t cents = 45900, const std::string& card = kGoodCard) {
    return handler_->Handle(MakeEvent("BookingCreated",
                                      {{"booking_id", booking},
                                       {"amount_cents", cents},
                                       {"currency", "EUR"},
                                       {"card", {{"number", card}, {"expiry", "12/30"}}},
                                       {"passenger", pavane::testing::Passenger()},
                                       {"trip", pavane::testing::Trip()}},
                                      id));
  }

  plugins::Settlement Tell(const std::string& type, const std::string& booking,
                           const std::string& id) {
    return handler_->Handle(MakeEvent(type, {{"booking_id", booking}}, id));
  }

  testing::TempDir dir_;
  absl::Time now_ = absl::FromCivil(absl::CivilDay(2026, 11, 23), absl::UTCTimeZone());
  std::unique_ptr<PaymentHandler> handler_;
};

TEST_F(PaymentHandlerTest, ConfirmsAndCarriesTheBookingOnWithoutTheCard) {
  const auto settlement = Created("B1", "e1");
  ASSERT_EQ(Show(settlement), "PaymentConfirmed");
  const Event& emit = settlement.emits[0];
  EXPECT_EQ(emit.data["amount_cents"], 45900);
  EXPECT_EQ(emit.data["trip"]["flight"], "PV101");
  EXPECT_EQ(emit.data["passenger"]["email"], "ada@example.org");
  EXPECT_EQ(emit.subject, "B1");
  EXPECT_EQ(plugins::ToText(emit.data).find("4242"), std::string::npos);
}

TEST_F(PaymentHandlerTest, ADeclinedCardFailsWithItsReason) {
  const auto settlement = Created("B1", "e1", 45900, "4000000000000002");
  ASSERT_EQ(Show(settlement), "PaymentFailed");
  EXPECT_EQ(settlement.emits[0].data["code"], "CARD_DECLINED");
  EXPECT_NE(settlement.emits[0].data["reason"], "");
}

TEST_F(PaymentHandlerTest, ARepeatChargesOnceAndSaysTheSame) {
  const auto first = Created("B1", "e1");
  Reopen();
  const auto again = Created("B1", "e1");
  ASSERT_EQ(Show(again), "PaymentConfirmed");
  EXPECT_EQ(first.emits[0].id, again.emits[0].id);
  EXPECT_EQ(first.emits[0].data, again.emits[0].data);
}

TEST_F(PaymentHandlerTest, ASecondEventOfTheSameBookingChargesNothing) {
  ASSERT_EQ(Show(Created("B1", "e1")), "PaymentConfirmed");
  EXPECT_EQ(Show(Created("B1", "e2")), "");
}

TEST_F(PaymentHandlerTest, RefundsOnceWhenThereIsNoSeat) {
  ASSERT_EQ(Show(Created("B1", "e1")), "PaymentConfirmed");
  const auto refund = Tell("SeatUnavailable", "B1", "e2");
  ASSERT_EQ(Show(refund), "PaymentRefunded");
  EXPECT_EQ(refund.emits[0].data["cause"], "seat");
  EXPECT_EQ(refund.emits[0].data["amount_cents"], 45900);
  EXPECT_EQ(Show(Tell("TicketBlocked", "B1", "e3")), "");
}

TEST_F(PaymentHandlerTest, ACustomerWhoPaidGetsTheMoneyBack) {
  ASSERT_EQ(Show(Created("B1", "e1")), "PaymentConfirmed");
  const auto refund = Tell("TicketBlocked", "B1", "e2");
  ASSERT_EQ(Show(refund), "PaymentRefunded");
  EXPECT_EQ(refund.emits[0].data["cause"], "customer");
  EXPECT_EQ(Show(Tell("SeatUnavailable", "B1", "e3")), "");
}

TEST_F(PaymentHandlerTest, ACancellationThatComesFirstLeavesTheCardAlone) {
  EXPECT_EQ(Show(Tell("TicketBlocked", "B1", "e1")), "PaymentVoided");
  EXPECT_EQ(Show(Created("B1", "e2")), "");
  EXPECT_EQ(Show(Tell("SeatUnavailable", "B1", "e3")), "");
}

TEST_F(PaymentHandlerTest, AFailedPaymentIsNotRefunded) {
  ASSERT_EQ(Show(Created("B1", "e1", 45900, "4000000000000002")), "PaymentFailed");
  EXPECT_EQ(Show(Tell("TicketBlocked", "B1", "e2")), "");
}

TEST_F(PaymentHandlerTest, ARefundOfNothingIsRejected) {
  EXPECT_EQ(Show(Tell("SeatUnavailable", "B9", "e1")), "reject UNKNOWN_SUBJECT");
}

TEST_F(PaymentHandlerTest, AnEventWithoutCardIsRejected) {
  EXPECT_EQ(Show(Tell("BookingCreated", "B1", "e1")), "reject INVALID_EVENT");
}

TEST_F(PaymentHandlerTest, TheLimitOfACardsDayCountsEarlierPayments) {
  ASSERT_EQ(Show(Created("B1", "e1", 2'500'000)), "PaymentConfirmed");
  ASSERT_EQ(Show(Created("B2", "e2", 2'500'000)), "PaymentConfirmed");
  ASSERT_EQ(Show(Created("B3", "e3", 1)), "PaymentFailed");
  ASSERT_EQ(Show(Tell("SeatUnavailable", "B1", "e4")), "PaymentRefunded");
  EXPECT_EQ(Show(Created("B4", "e5", 1)), "PaymentConfirmed");
  now_ += absl::Hours(25);
  EXPECT_EQ(Show(Created("B5", "e6", 2'500'000)), "PaymentConfirmed");
}

}  // namespace
}  // namespace pavane::payment
