// The payments of bookings and the money that moved.
#ifndef PAVANE_PLUGINS_PAYMENT_PAYMENT_LEDGER_H_
#define PAVANE_PLUGINS_PAYMENT_PAYMENT_LEDGER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "plugins/common/database.h"

namespace pavane::payment {

extern const char kLedgerSchema[];

enum class PaymentState { kCaptured, kFailed, kVoided, kRefunded };

// At most one payment per booking.
struct Payment {
  std::string booking_id;
  std::string payment_id;
  PaymentState state = PaymentState::kCaptured;
  int64_t amount_cents = 0;
  std::string currency;
  std::string card_fingerprint;
};

// All of these work inside the caller's transaction. Money moves only by a row of `ledger`; a
// unique constraint holds captures and refunds to one of each per booking, whatever the code above
// does.
absl::StatusOr<std::optional<Payment>> FindPayment(plugins::Transaction& tx,
                                                   const std::string& booking_id);
absl::Status InsertPayment(plugins::Transaction& tx, const Payment& payment, absl::Time now);
// Moves a captured payment to refunded.
absl::Status RefundPayment(plugins::Transaction& tx, const Payment& payment, absl::Time now);
// Captured on the card since `since`, less what was refunded.
absl::StatusOr<int64_t> CapturedOnCard(plugins::Transaction& tx, const std::string& fingerprint,
                                       absl::Time since);

}  // namespace pavane::payment

#endif  // PAVANE_PLUGINS_PAYMENT_PAYMENT_LEDGER_H_
