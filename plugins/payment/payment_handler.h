// What payment does with events: captures, declines, refunds.
#ifndef PAVANE_PLUGINS_PAYMENT_PAYMENT_HANDLER_H_
#define PAVANE_PLUGINS_PAYMENT_PAYMENT_HANDLER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "plugins/common/clock.h"
#include "plugins/common/database.h"
#include "plugins/common/inbox.h"
#include "plugins/common/settlement.h"
#include "plugins/payment/card_rules.h"
#include "plugins/payment/payment_ledger.h"

namespace pavane::payment {

// BookingCreated   → PaymentConfirmed or PaymentFailed; nothing when the booking was called off
// SeatUnavailable  → PaymentRefunded, cause `seat`
// TicketBlocked    → PaymentRefunded, cause `customer`, or PaymentVoided when nothing was captured
//                    yet, after which nothing ever will be
//
// So for one booking exactly one of {failed, voided, refunded, captured for good} is true in the
// end, in whatever order events come and however often. Thread-safe.
class PaymentHandler {
 public:
  static absl::StatusOr<std::unique_ptr<PaymentHandler>> Open(const std::string& path,
                                                              Limits limits, plugins::Clock clock);

  plugins::Settlement Handle(const plugins::Event& event);

 private:
  using Emits = absl::StatusOr<std::vector<plugins::Event>>;

  PaymentHandler(std::unique_ptr<plugins::Database> database, Limits limits, plugins::Clock clock);
  Emits Apply(plugins::Transaction& tx, const plugins::Event& event);
  Emits OnBookingCreated(plugins::Transaction& tx, const plugins::Event& event);
  Emits OnSeatUnavailable(plugins::Transaction& tx, const plugins::Event& event);
  Emits OnTicketBlocked(plugins::Transaction& tx, const plugins::Event& event);
  Emits Refund(plugins::Transaction& tx, const Payment& payment, const char* cause);

  const std::unique_ptr<plugins::Database> database_;
  const Limits limits_;
  const plugins::Clock clock_;
  plugins::Inbox inbox_;
};

}  // namespace pavane::payment

#endif  // PAVANE_PLUGINS_PAYMENT_PAYMENT_HANDLER_H_
