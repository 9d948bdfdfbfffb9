#include "plugins/payment/payment_ledger.h"

#include <vector>

namespace pavane::payment {
namespace {

using plugins::Row;
using plugins::Transaction;

const char* Name(PaymentState state) {
  switch (state) {
    case PaymentState::kCaptured:
      return "CAPTURED";
    case PaymentState::kFailed:
      return "FAILED";
    case PaymentState::kVoided:
      return "VOIDED";
    case PaymentState::kRefunded:
      return "REFUNDED";
  }
  return "";
}

absl::StatusOr<PaymentState> ParseState(const std::string& name) {
  for (const PaymentState state : {PaymentState::kCaptured, PaymentState::kFailed,
                                   PaymentState::kVoided, PaymentState::kRefunded}) {
    if (name == Name(state)) return state;
  }
  return absl::DataLossError("unknown payment state in the data file");
}

absl::Status Move(Transaction& tx, const Payment& payment, const char* kind, absl::Time now) {
  return tx
      .Run(
          "INSERT INTO ledger (booking_id, payment_id, kind, amount_cents, currency, at)"
          " VALUES (?, ?, ?, ?, ?, ?)",
          payment.booking_id, payment.payment_id, kind, payment.amount_cents, payment.currency,
          absl::ToUnixMicros(now))
      .status();
}

}  // namespace

const char kLedgerSchema[] =
    "CREATE TABLE payments (booking_id TEXT PRIMARY KEY, payment_id TEXT NOT NULL UNIQUE,"
    " state TEXT NOT NULL, amount_cents INTEGER NOT NULL, currency TEXT NOT NULL,"
    " card_fingerprint TEXT NOT NULL, at INTEGER NOT NULL);"
    "CREATE INDEX payments_by_card ON payments (card_fingerprint, at);"
    "CREATE TABLE ledger (entry INTEGER PRIMARY KEY, booking_id TEXT NOT NULL,"
    " payment_id TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('CAPTURE', 'REFUND')),"
    " amount_cents INTEGER NOT NULL CHECK (amount_cents > 0), currency TEXT NOT NULL,"
    " at INTEGER NOT NULL, UNIQUE (booking_id, kind));";

absl::StatusOr<std::optional<Payment>> FindPayment(Transaction& tx, const std::string& booking_id) {
  ASSIGN_OR_RETURN(std::vector<Row> rows,
                   tx.Query("SELECT payment_id, state, amount_cents, currency, card_fingerprint"
                            " FROM payments WHERE booking_id = ?",
                            booking_id));
  if (rows.empty()) return std::nullopt;
  const Row& row = rows[0];
  ASSIGN_OR_RETURN(const PaymentState state, ParseState(row.Text(1)));
  return Payment{booking_id, row.Text(0), state, row.Int(2), row.Text(3), row.Text(4)};
}

absl::Status InsertPayment(Transaction& tx, const Payment& payment, absl::Time now) {
  RETURN_IF_ERROR(
      tx.Run("INSERT INTO payments (booking_id, payment_id, state, amount_cents, currency,"
             " card_fingerprint, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
             payment.booking_id, payment.payment_id, Name(payment.state), payment.amount_cents,
             payment.currency, payment.card_fingerprint, absl::ToUnixMicros(now)));
  if (payment.state != PaymentState::kCaptured) return absl::OkStatus();
  return Move(tx, payment, "CAPTURE", now);
}

absl::Status RefundPayment(Transaction& tx, const Payment& payment, absl::Time now) {
  RETURN_IF_ERROR(tx.Run("UPDATE payments SET state = ? WHERE booking_id = ?",
                         Name(PaymentState::kRefunded), payment.booking_id));
  return Move(tx, payment, "REFUND", now);
}

absl::StatusOr<int64_t> CapturedOnCard(Transaction& tx, const std::string& fingerprint,
                                       absl::Time since) {
  ASSIGN_OR_RETURN(std::vector<Row> rows,
                   tx.Query("SELECT COALESCE(SUM(amount_cents), 0) FROM payments"
                            " WHERE card_fingerprint = ? AND state = 'CAPTURED' AND at >= ?",
                            fingerprint, absl::ToUnixMicros(since)));
  return rows[0].Int(0);
}

}  // namespace pavane::payment
