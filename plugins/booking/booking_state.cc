#include "plugins/booking/booking_state.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "plugins/common/status_macros.h"

namespace pavane::booking {
namespace {

using plugins::Event;

void Cancel(CancelReason reason, std::string detail, Progress& progress) {
  if (IsFinal(StateOf(progress))) return;
  progress.cancel_reason = reason;
  progress.cancel_detail = std::move(detail);
}

absl::Status LearnRefund(const Event& event, Progress& progress) {
  ASSIGN_OR_RETURN(const std::string cause, plugins::GetString(event.data, "cause"));
  ASSIGN_OR_RETURN(const int64_t cents, plugins::GetInt(event.data, "amount_cents"));
  const bool seat = cause == "seat";
  if (!seat && cause != "customer") {
    return absl::InvalidArgumentError(absl::StrCat("a refund of unknown cause '", cause, "'"));
  }
  progress.paid = true;
  progress.refunded_cents = cents;
  Cancel(
      seat ? CancelReason::kSeat : CancelReason::kCustomer,
      seat ? "no seat was left, the money is back" : "cancelled by the customer, the money is back",
      progress);
  return absl::OkStatus();
}

absl::Status LearnTicket(const Event& event, Progress& progress) {
  ASSIGN_OR_RETURN(std::string number, plugins::GetString(event.data, "ticket_number"));
  if (IsFinal(StateOf(progress))) return absl::OkStatus();
  progress.ticket_number = std::move(number);
  progress.seat = plugins::GetStringOr(event.data, "seat", progress.seat);
  return absl::OkStatus();
}

}  // namespace

State StateOf(const Progress& progress) {
  if (progress.cancel_reason != CancelReason::kNone) return State::kCancelled;
  if (!progress.ticket_number.empty()) return State::kTicketed;
  if (progress.cancel_requested || progress.seat_unavailable) return State::kCancelling;
  if (!progress.seat.empty()) return State::kSeated;
  return progress.paid ? State::kPaid : State::kPending;
}

bool IsFinal(State state) { return state == State::kTicketed || state == State::kCancelled; }

absl::Status Learn(const Event& event, Progress& progress) {
  if (event.type == "TicketIssued") return LearnTicket(event, progress);
  if (event.type == "PaymentRefunded") return LearnRefund(event, progress);
  if (event.type == "PaymentConfirmed") {
    progress.paid = true;
  } else if (event.type == "SeatAssigned") {
    ASSIGN_OR_RETURN(progress.seat, plugins::GetString(event.data, "seat"));
  } else if (event.type == "SeatUnavailable") {
    progress.seat_unavailable = true;
  } else if (event.type == "PaymentFailed") {
    Cancel(CancelReason::kPayment, plugins::GetStringOr(event.data, "reason", "payment failed"),
           progress);
  } else if (event.type == "PaymentVoided") {
    Cancel(CancelReason::kCustomer, "cancelled by the customer before payment", progress);
  } else {
    return absl::InvalidArgumentError(absl::StrCat("booking does not follow ", event.type));
  }
  return absl::OkStatus();
}

const char* Name(State state) {
  switch (state) {
    case State::kPending:
      return "PENDING";
    case State::kPaid:
      return "PAID";
    case State::kSeated:
      return "SEATED";
    case State::kCancelling:
      return "CANCELLING";
    case State::kTicketed:
      return "TICKETED";
    case State::kCancelled:
      return "CANCELLED";
  }
  return "";
}

const char* Name(CancelReason reason) {
  switch (reason) {
    case CancelReason::kNone:
      return "";
    case CancelReason::kPayment:
      return "payment";
    case CancelReason::kSeat:
      return "seat";
    case CancelReason::kCustomer:
      return "customer";
  }
  return "";
}

CancelReason ParseCancelReason(const std::string& name) {
  for (const CancelReason reason :
       {CancelReason::kPayment, CancelReason::kSeat, CancelReason::kCustomer}) {
    if (name == Name(reason)) return reason;
  }
  return CancelReason::kNone;
}

}  // namespace pavane::booking
