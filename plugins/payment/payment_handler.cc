#include "plugins/payment/payment_handler.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "pavane/uuid.h"

namespace pavane::payment {
namespace {

using plugins::Event;
using plugins::Json;
using plugins::Transaction;

constexpr char kSource[] = "/payment";

absl::StatusOr<Charge> ReadCharge(const Json& data) {
  Charge charge;
  ASSIGN_OR_RETURN(charge.card.number, plugins::GetString(data, "card.number"));
  ASSIGN_OR_RETURN(charge.card.expiry, plugins::GetString(data, "card.expiry"));
  ASSIGN_OR_RETURN(charge.amount_cents, plugins::GetInt(data, "amount_cents"));
  ASSIGN_OR_RETURN(charge.currency, plugins::GetString(data, "currency"));
  return charge;
}

Payment NewPayment(const std::string& booking_id, const Charge& charge) {
  Payment payment;
  payment.booking_id = booking_id;
  payment.payment_id = pavane::NamedUuid(absl::StrCat("payment\n", booking_id));
  payment.amount_cents = charge.amount_cents;
  payment.currency = charge.currency;
  payment.card_fingerprint =
      pavane::NamedUuid(absl::StrCat("card\n", CardDigits(charge.card.number)));
  return payment;
}

Event Emit(const char* type, const Payment& payment) {
  Event emit;
  emit.type = type;
  emit.subject = payment.booking_id;
  emit.data = {{"booking_id", payment.booking_id},
               {"payment_id", payment.payment_id},
               {"amount_cents", payment.amount_cents},
               {"currency", payment.currency}};
  return emit;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PaymentHandler>> PaymentHandler::Open(const std::string& path,
                                                                     Limits limits,
                                                                     plugins::Clock clock) {
  ASSIGN_OR_RETURN(
      std::unique_ptr<plugins::Database> database,
      plugins::Database::Open(path, {absl::StrCat(plugins::kInboxSchema, kLedgerSchema)}));
  return std::unique_ptr<PaymentHandler>(
      new PaymentHandler(std::move(database), std::move(limits), std::move(clock)));
}

PaymentHandler::PaymentHandler(std::unique_ptr<plugins::Database> database, Limits limits,
                               plugins::Clock clock)
    : database_(std::move(database)),
      limits_(std::move(limits)),
      clock_(std::move(clock)),
      inbox_(*database_, kSource) {}

plugins::Settlement PaymentHandler::Handle(const Event& event) {
  return plugins::Settlement::From(
      inbox_.Once(event, [&](Transaction& tx) { return Apply(tx, event); }));
}

PaymentHandler::Emits PaymentHandler::Apply(Transaction& tx, const Event& event) {
  if (event.type == "BookingCreated") return OnBookingCreated(tx, event);
  if (event.type == "SeatUnavailable") return OnSeatUnavailable(tx, event);
  if (event.type == "TicketBlocked") return OnTicketBlocked(tx, event);
  return absl::InvalidArgumentError(absl::StrCat("payment does not handle ", event.type));
}

PaymentHandler::Emits PaymentHandler::OnBookingCreated(Transaction& tx, const Event& event) {
  ASSIGN_OR_RETURN(const std::string booking_id, plugins::GetString(event.data, "booking_id"));
  ASSIGN_OR_RETURN(const std::optional<Payment> known, FindPayment(tx, booking_id));
  if (known) return std::vector<Event>();
  ASSIGN_OR_RETURN(Charge charge, ReadCharge(event.data));
  Payment payment = NewPayment(booking_id, charge);
  const absl::Time now = clock_();
  ASSIGN_OR_RETURN(charge.captured_today_cents,
                   CapturedOnCard(tx, payment.card_fingerprint, now - absl::Hours(24)));
  const auto month = absl::ToCivilMonth(now, absl::UTCTimeZone());
  const std::optional<Decline> decline = Refuse(charge, limits_, month);
  payment.state = decline ? PaymentState::kFailed : PaymentState::kCaptured;
  RETURN_IF_ERROR(InsertPayment(tx, payment, now));
  Event emit = Emit(decline ? "PaymentFailed" : "PaymentConfirmed", payment);
  if (decline) {
    emit.data["code"] = decline->code;
    emit.data["reason"] = decline->reason;
  }
  // What later services need of the booking travels on, the card does not.
  plugins::CopyMembers(event.data, {"passenger", "trip"}, emit.data);
  return std::vector<Event>{std::move(emit)};
}

PaymentHandler::Emits PaymentHandler::OnSeatUnavailable(Transaction& tx, const Event& event) {
  ASSIGN_OR_RETURN(const std::string booking_id, plugins::GetString(event.data, "booking_id"));
  ASSIGN_OR_RETURN(const std::optional<Payment> payment, FindPayment(tx, booking_id));
  if (!payment) {
    return absl::NotFoundError(absl::StrCat("no payment of booking ", booking_id, " to refund"));
  }
  return Refund(tx, *payment, "seat");
}

PaymentHandler::Emits PaymentHandler::OnTicketBlocked(Transaction& tx, const Event& event) {
  ASSIGN_OR_RETURN(const std::string booking_id, plugins::GetString(event.data, "booking_id"));
  ASSIGN_OR_RETURN(const std::optional<Payment> known, FindPayment(tx, booking_id));
  if (known) return Refund(tx, *known, "customer");
  Payment payment;
  payment.booking_id = booking_id;
  payment.payment_id = pavane::NamedUuid(absl::StrCat("payment\n", booking_id));
  payment.state = PaymentState::kVoided;
  RETURN_IF_ERROR(InsertPayment(tx, payment, clock_()));
  Event emit;
  emit.type = "PaymentVoided";
  emit.subject = booking_id;
  emit.data = {{"booking_id", booking_id}, {"cause", "customer"}};
  return std::vector<Event>{std::move(emit)};
}

// Only captured money goes back, and once.
PaymentHandler::Emits PaymentHandler::Refund(Transaction& tx, const Payment& payment,
                                             const char* cause) {
  if (payment.state != PaymentState::kCaptured) return std::vector<Event>();
  RETURN_IF_ERROR(RefundPayment(tx, payment, clock_()));
  Event emit = Emit("PaymentRefunded", payment);
  emit.data["cause"] = cause;
  return std::vector<Event>{std::move(emit)};
}

}  // namespace pavane::payment
