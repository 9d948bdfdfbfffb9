#include "plugins/booking/booking_store.h"

#include "absl/strings/str_cat.h"

namespace pavane::booking {
namespace {

using plugins::Row;
using plugins::Transaction;

constexpr char kSelect[] =
    "SELECT number, booking_id, flow_id, passenger, trip, amount_cents, currency, created_at, paid,"
    " seat, seat_unavailable, cancel_requested, ticket_number, cancel_reason, cancel_detail,"
    " refunded_cents FROM bookings ";

absl::StatusOr<BookingRecord> ReadBooking(const Row& row) {
  BookingRecord booking;
  booking.number = row.Int(0);
  booking.booking_id = row.Text(1);
  booking.flow_id = row.Text(2);
  ASSIGN_OR_RETURN(booking.passenger, plugins::ParseJson(row.Text(3)));
  ASSIGN_OR_RETURN(booking.trip, plugins::ParseJson(row.Text(4)));
  booking.amount_cents = row.Int(5);
  booking.currency = row.Text(6);
  booking.created_at = absl::FromUnixMicros(row.Int(7));
  Progress& progress = booking.progress;
  progress.paid = row.Int(8) != 0;
  progress.seat = row.Text(9);
  progress.seat_unavailable = row.Int(10) != 0;
  progress.cancel_requested = row.Int(11) != 0;
  progress.ticket_number = row.Text(12);
  progress.cancel_reason = ParseCancelReason(row.Text(13));
  progress.cancel_detail = row.Text(14);
  progress.refunded_cents = row.Int(15);
  return booking;
}

absl::StatusOr<std::optional<BookingRecord>> ReadOne(const std::vector<Row>& rows) {
  if (rows.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(BookingRecord booking, ReadBooking(rows[0]));
  return booking;
}

int64_t Flag(bool value) { return value ? 1 : 0; }

}  // namespace

// `state` is StateOf(progress), kept for lists and for whoever looks into the file.
const char kBookingSchema[] =
    "CREATE TABLE bookings (number INTEGER PRIMARY KEY AUTOINCREMENT,"
    " booking_id TEXT NOT NULL UNIQUE, request_id TEXT NOT NULL UNIQUE, flow_id TEXT NOT NULL,"
    " passenger TEXT NOT NULL, trip TEXT NOT NULL, amount_cents INTEGER NOT NULL,"
    " currency TEXT NOT NULL, created_at INTEGER NOT NULL, state TEXT NOT NULL,"
    " paid INTEGER NOT NULL DEFAULT 0, seat TEXT NOT NULL DEFAULT '',"
    " seat_unavailable INTEGER NOT NULL DEFAULT 0, cancel_requested INTEGER NOT NULL DEFAULT 0,"
    " ticket_number TEXT NOT NULL DEFAULT '', cancel_reason TEXT NOT NULL DEFAULT '',"
    " cancel_detail TEXT NOT NULL DEFAULT '', refunded_cents INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX bookings_by_state ON bookings (state, number);";

absl::Status InsertBooking(Transaction& tx, const BookingRecord& booking,
                           const std::string& request_id) {
  return tx
      .Run(
          "INSERT INTO bookings (booking_id, request_id, flow_id, passenger, trip, amount_cents,"
          " currency, created_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
          booking.booking_id, request_id, booking.flow_id, plugins::ToText(booking.passenger),
          plugins::ToText(booking.trip), booking.amount_cents, booking.currency,
          absl::ToUnixMicros(booking.created_at), Name(StateOf(booking.progress)))
      .status();
}

absl::StatusOr<std::optional<BookingRecord>> FindBooking(Transaction& tx,
                                                         const std::string& booking_id) {
  static const std::string sql = absl::StrCat(kSelect, "WHERE booking_id = ?");
  ASSIGN_OR_RETURN(std::vector<Row> rows, tx.Query(sql.c_str(), booking_id));
  return ReadOne(rows);
}

absl::StatusOr<std::optional<BookingRecord>> FindByRequest(Transaction& tx,
                                                           const std::string& request_id) {
  static const std::string sql = absl::StrCat(kSelect, "WHERE request_id = ?");
  ASSIGN_OR_RETURN(std::vector<Row> rows, tx.Query(sql.c_str(), request_id));
  return ReadOne(rows);
}

absl::Status UpdateProgress(Transaction& tx, const BookingRecord& booking) {
  const Progress& progress = booking.progress;
  return tx
      .Run(
          "UPDATE bookings SET state = ?, paid = ?, seat = ?, seat_unavailable = ?,"
          " cancel_requested = ?, ticket_number = ?, cancel_reason = ?, cancel_detail = ?,"
          " refunded_cents = ? WHERE booking_id = ?",
          Name(StateOf(progress)), Flag(progress.paid), progress.seat,
          Flag(progress.seat_unavailable), Flag(progress.cancel_requested), progress.ticket_number,
          Name(progress.cancel_reason), progress.cancel_detail, progress.refunded_cents,
          booking.booking_id)
      .status();
}

absl::StatusOr<std::vector<BookingRecord>> ListBookings(Transaction& tx, int64_t after,
                                                        int64_t count_max,
                                                        std::optional<State> state) {
  static const std::string all = absl::StrCat(kSelect, "WHERE number > ? ORDER BY number LIMIT ?");
  static const std::string narrowed =
      absl::StrCat(kSelect, "WHERE number > ? AND state = ? ORDER BY number LIMIT ?");
  ASSIGN_OR_RETURN(std::vector<Row> rows,
                   state ? tx.Query(narrowed.c_str(), after, Name(*state), count_max)
                         : tx.Query(all.c_str(), after, count_max));
  std::vector<BookingRecord> bookings;
  for (const Row& row : rows) {
    ASSIGN_OR_RETURN(BookingRecord booking, ReadBooking(row));
    bookings.push_back(std::move(booking));
  }
  return bookings;
}

}  // namespace pavane::booking
