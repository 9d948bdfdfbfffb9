#include "plugins/seat/seat_handler.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace pavane::seat {
namespace {

using plugins::Event;
using plugins::Json;
using plugins::Row;
using plugins::Transaction;

constexpr char kSource[] = "/seat";

// `requests` has one row for each booking that was decided; `seats` the seats that are taken.
constexpr char kSchema[] =
    "CREATE TABLE requests (booking_id TEXT PRIMARY KEY,"
    " state TEXT NOT NULL CHECK (state IN ('ASSIGNED', 'UNAVAILABLE', 'BLOCKED')));"
    "CREATE TABLE seats (flight TEXT NOT NULL, date TEXT NOT NULL, seat TEXT NOT NULL,"
    " cabin TEXT NOT NULL, booking_id TEXT NOT NULL UNIQUE,"
    " PRIMARY KEY (flight, date, seat)) WITHOUT ROWID;";

struct Wish {
  std::string booking_id;
  std::string flight;
  std::string date;
  std::string cabin;
  Preference preference = Preference::kNone;
};

absl::StatusOr<Wish> ReadWish(const Json& data) {
  Wish wish;
  ASSIGN_OR_RETURN(wish.booking_id, plugins::GetString(data, "booking_id"));
  ASSIGN_OR_RETURN(wish.flight, plugins::GetString(data, "trip.flight"));
  ASSIGN_OR_RETURN(wish.date, plugins::GetString(data, "trip.date"));
  ASSIGN_OR_RETURN(wish.cabin, plugins::GetString(data, "trip.cabin"));
  wish.preference = ParsePreference(plugins::GetStringOr(data, "trip.seat_preference", ""));
  return wish;
}

absl::StatusOr<std::set<std::string>> TakenSeats(Transaction& tx, const Wish& wish) {
  ASSIGN_OR_RETURN(
      std::vector<Row> rows,
      tx.Query("SELECT seat FROM seats WHERE flight = ? AND date = ?", wish.flight, wish.date));
  std::set<std::string> taken;
  for (const Row& row : rows) taken.insert(row.Text(0));
  return taken;
}

absl::StatusOr<bool> IsDecided(Transaction& tx, const std::string& booking_id) {
  ASSIGN_OR_RETURN(std::vector<Row> rows,
                   tx.Query("SELECT state FROM requests WHERE booking_id = ?", booking_id));
  return !rows.empty();
}

absl::Status Decide(Transaction& tx, const std::string& booking_id, const char* state) {
  return tx
      .Run(
          "INSERT INTO requests (booking_id, state) VALUES (?, ?)"
          " ON CONFLICT (booking_id) DO UPDATE SET state = excluded.state",
          booking_id, state)
      .status();
}

Event Emit(const char* type, const std::string& booking_id) {
  Event emit;
  emit.type = type;
  emit.subject = booking_id;
  emit.data = {{"booking_id", booking_id}};
  return emit;
}

Event Unavailable(const Wish& wish, bool cabin_exists) {
  Event emit = Emit("SeatUnavailable", wish.booking_id);
  emit.data["code"] = cabin_exists ? "CABIN_FULL" : "NO_SUCH_CABIN";
  emit.data["reason"] = absl::StrCat(wish.cabin, " on ", wish.flight, " of ", wish.date,
                                     cabin_exists ? " is full" : " does not exist");
  return emit;
}

Event Assigned(const Wish& wish, const Choice& choice) {
  Event emit = Emit("SeatAssigned", wish.booking_id);
  emit.data["seat"] = choice.seat;
  emit.data["preference_met"] = choice.preference_met;
  return emit;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SeatHandler>> SeatHandler::Open(const std::string& path,
                                                               SeatMap map) {
  ASSIGN_OR_RETURN(std::unique_ptr<plugins::Database> database,
                   plugins::Database::Open(path, {absl::StrCat(plugins::kInboxSchema, kSchema)}));
  return std::unique_ptr<SeatHandler>(new SeatHandler(std::move(database), std::move(map)));
}

SeatHandler::SeatHandler(std::unique_ptr<plugins::Database> database, SeatMap map)
    : database_(std::move(database)), map_(std::move(map)), inbox_(*database_, kSource) {}

plugins::Settlement SeatHandler::Handle(const Event& event) {
  return plugins::Settlement::From(
      inbox_.Once(event, [&](Transaction& tx) { return Apply(tx, event); }));
}

SeatHandler::Emits SeatHandler::Apply(Transaction& tx, const Event& event) {
  if (event.type == "PaymentConfirmed") return OnPaymentConfirmed(tx, event);
  if (event.type == "TicketBlocked") return OnTicketBlocked(tx, event);
  return absl::InvalidArgumentError(absl::StrCat("seat does not handle ", event.type));
}

SeatHandler::Emits SeatHandler::OnPaymentConfirmed(Transaction& tx, const Event& event) {
  ASSIGN_OR_RETURN(const Wish wish, ReadWish(event.data));
  ASSIGN_OR_RETURN(const bool decided, IsDecided(tx, wish.booking_id));
  if (decided) return std::vector<Event>();
  const Cabin* cabin = map_.Find(wish.flight, wish.cabin);
  std::optional<Choice> choice;
  if (cabin != nullptr) {
    ASSIGN_OR_RETURN(const std::set<std::string> taken, TakenSeats(tx, wish));
    choice = Choose(*cabin, wish.preference, taken);
  }
  RETURN_IF_ERROR(Decide(tx, wish.booking_id, choice ? "ASSIGNED" : "UNAVAILABLE"));
  if (choice) {
    RETURN_IF_ERROR(
        tx.Run("INSERT INTO seats (flight, date, seat, cabin, booking_id) VALUES (?, ?, ?, ?, ?)",
               wish.flight, wish.date, choice->seat, wish.cabin, wish.booking_id));
  }
  Event emit = choice ? Assigned(wish, *choice) : Unavailable(wish, cabin != nullptr);
  plugins::CopyMembers(event.data, {"passenger", "trip"}, emit.data);
  return std::vector<Event>{std::move(emit)};
}

SeatHandler::Emits SeatHandler::OnTicketBlocked(Transaction& tx, const Event& event) {
  ASSIGN_OR_RETURN(const std::string booking_id, plugins::GetString(event.data, "booking_id"));
  ASSIGN_OR_RETURN(
      std::vector<Row> rows,
      tx.Query("SELECT flight, date, seat FROM seats WHERE booking_id = ?", booking_id));
  RETURN_IF_ERROR(tx.Run("DELETE FROM seats WHERE booking_id = ?", booking_id));
  RETURN_IF_ERROR(Decide(tx, booking_id, "BLOCKED"));
  if (rows.empty()) return std::vector<Event>();
  Event emit = Emit("SeatReleased", booking_id);
  emit.data["flight"] = rows[0].Text(0);
  emit.data["date"] = rows[0].Text(1);
  emit.data["seat"] = rows[0].Text(2);
  return std::vector<Event>{std::move(emit)};
}

}  // namespace pavane::seat
