// Where a booking stands, from what is known of it. Pure.
#ifndef PAVANE_PLUGINS_BOOKING_BOOKING_STATE_H_
#define PAVANE_PLUGINS_BOOKING_BOOKING_STATE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

#include "plugins/common/event.h"

namespace pavane::booking {

enum class State { kPending, kPaid, kSeated, kCancelling, kTicketed, kCancelled };
enum class CancelReason { kNone, kPayment, kSeat, kCustomer };

// What is known of one booking. Facts only add up and the state is computed from them, so events
// may come in any order and repeat. The first fact that ends the booking (a ticket, a failed,
// voided or refunded payment) is the last that changes its state; the other services see to it that
// there is only one.
struct Progress {
  bool paid = false;
  std::string seat;
  bool seat_unavailable = false;
  bool cancel_requested = false;
  std::string ticket_number;
  CancelReason cancel_reason = CancelReason::kNone;
  std::string cancel_detail;
  int64_t refunded_cents = 0;

  bool operator==(const Progress&) const = default;
};

State StateOf(const Progress& progress);
bool IsFinal(State state);

// Adds what an event tells: PaymentConfirmed, PaymentFailed, PaymentRefunded, PaymentVoided,
// SeatAssigned, SeatUnavailable, TicketIssued. InvalidArgument for other types or missing data.
absl::Status Learn(const plugins::Event& event, Progress& progress);

// Stable names, as stored and as events carry them: TICKETED; payment, or "" for none.
const char* Name(State state);
const char* Name(CancelReason reason);
// kNone for any other text.
CancelReason ParseCancelReason(const std::string& name);

}  // namespace pavane::booking

#endif  // PAVANE_PLUGINS_BOOKING_BOOKING_STATE_H_
