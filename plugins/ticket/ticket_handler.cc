#include "plugins/ticket/ticket_handler.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "plugins/ticket/ticket_number.h"

namespace pavane::ticket {
namespace {

using plugins::Event;
using plugins::Json;
using plugins::Row;
using plugins::Transaction;

constexpr char kSource[] = "/ticket";

// A row of `bookings` joins what is known of one booking; `payment` and `seat` are the data of the
// two events. AUTOINCREMENT never gives a serial twice.
constexpr char kSchema[] =
    "CREATE TABLE bookings (booking_id TEXT PRIMARY KEY, payment TEXT, seat TEXT,"
    " blocked INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE tickets (serial INTEGER PRIMARY KEY AUTOINCREMENT,"
    " booking_id TEXT NOT NULL UNIQUE, number TEXT UNIQUE, issued_at INTEGER NOT NULL);";

absl::Status EnsureBooking(Transaction& tx, const std::string& booking_id) {
  return tx.Run("INSERT INTO bookings (booking_id) VALUES (?) ON CONFLICT DO NOTHING", booking_id)
      .status();
}

absl::StatusOr<bool> IsIssued(Transaction& tx, const std::string& booking_id) {
  ASSIGN_OR_RETURN(std::vector<Row> rows,
                   tx.Query("SELECT number FROM tickets WHERE booking_id = ?", booking_id));
  return !rows.empty();
}

absl::StatusOr<std::string> NewTicket(Transaction& tx, const std::string& booking_id, int airline,
                                      absl::Time now) {
  ASSIGN_OR_RETURN(
      std::vector<Row> rows,
      tx.Query("INSERT INTO tickets (booking_id, issued_at) VALUES (?, ?) RETURNING serial",
               booking_id, absl::ToUnixMicros(now)));
  const int64_t serial = rows[0].Int(0);
  const std::string number = TicketNumber(airline, serial);
  RETURN_IF_ERROR(tx.Run("UPDATE tickets SET number = ? WHERE serial = ?", number, serial));
  return number;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TicketHandler>> TicketHandler::Open(const std::string& path,
                                                                   int airline,
                                                                   plugins::Clock clock) {
  ASSIGN_OR_RETURN(std::unique_ptr<plugins::Database> database,
                   plugins::Database::Open(path, {absl::StrCat(plugins::kInboxSchema, kSchema)}));
  return std::unique_ptr<TicketHandler>(
      new TicketHandler(std::move(database), airline, std::move(clock)));
}

TicketHandler::TicketHandler(std::unique_ptr<plugins::Database> database, int airline,
                             plugins::Clock clock)
    : database_(std::move(database)),
      airline_(airline),
      clock_(std::move(clock)),
      inbox_(*database_, kSource) {}

plugins::Settlement TicketHandler::Handle(const Event& event) {
  return plugins::Settlement::From(
      inbox_.Once(event, [&](Transaction& tx) { return Apply(tx, event); }));
}

TicketHandler::Emits TicketHandler::Apply(Transaction& tx, const Event& event) {
  if (event.type == "PaymentConfirmed") return Know(tx, event, "payment");
  if (event.type == "SeatAssigned") return Know(tx, event, "seat");
  if (event.type == "BookingCancellationRequested") return Block(tx, event);
  return absl::InvalidArgumentError(absl::StrCat("ticket does not handle ", event.type));
}

TicketHandler::Emits TicketHandler::Know(Transaction& tx, const Event& event, const char* column) {
  ASSIGN_OR_RETURN(const std::string booking_id, plugins::GetString(event.data, "booking_id"));
  RETURN_IF_ERROR(EnsureBooking(tx, booking_id));
  const std::string sql = absl::StrCat("UPDATE bookings SET ", column, " = ? WHERE booking_id = ?");
  RETURN_IF_ERROR(tx.Run(sql.c_str(), plugins::ToText(event.data), booking_id));
  return IssueIfComplete(tx, booking_id);
}

TicketHandler::Emits TicketHandler::IssueIfComplete(Transaction& tx,
                                                    const std::string& booking_id) {
  ASSIGN_OR_RETURN(std::vector<Row> rows,
                   tx.Query("SELECT payment, seat FROM bookings WHERE booking_id = ?"
                            " AND payment IS NOT NULL AND seat IS NOT NULL AND blocked = 0",
                            booking_id));
  ASSIGN_OR_RETURN(const bool issued, IsIssued(tx, booking_id));
  if (rows.empty() || issued) return std::vector<Event>();
  ASSIGN_OR_RETURN(const Json payment, plugins::ParseJson(rows[0].Text(0)));
  ASSIGN_OR_RETURN(const Json seat, plugins::ParseJson(rows[0].Text(1)));
  ASSIGN_OR_RETURN(const std::string number, NewTicket(tx, booking_id, airline_, clock_()));
  Event emit;
  emit.type = "TicketIssued";
  emit.subject = booking_id;
  emit.data = {{"booking_id", booking_id}, {"ticket_number", number}};
  plugins::CopyMembers(payment, {"passenger", "trip", "amount_cents", "currency"}, emit.data);
  plugins::CopyMembers(seat, {"seat"}, emit.data);
  return std::vector<Event>{std::move(emit)};
}

TicketHandler::Emits TicketHandler::Block(Transaction& tx, const Event& event) {
  ASSIGN_OR_RETURN(const std::string booking_id, plugins::GetString(event.data, "booking_id"));
  ASSIGN_OR_RETURN(const bool issued, IsIssued(tx, booking_id));
  if (issued) return std::vector<Event>();
  RETURN_IF_ERROR(EnsureBooking(tx, booking_id));
  ASSIGN_OR_RETURN(
      const int64_t blocked,
      tx.Run("UPDATE bookings SET blocked = 1 WHERE booking_id = ? AND blocked = 0", booking_id));
  if (blocked == 0) return std::vector<Event>();
  Event emit;
  emit.type = "TicketBlocked";
  emit.subject = booking_id;
  emit.data = {{"booking_id", booking_id}};
  return std::vector<Event>{std::move(emit)};
}

}  // namespace pavane::ticket
