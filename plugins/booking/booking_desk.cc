#include "plugins/booking/booking_desk.h"

#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"

#include "pavane/uuid.h"
#include "plugins/booking/booking_store.h"
#include "plugins/booking/order_check.h"
#include "plugins/booking/outbox.h"

namespace pavane::booking {
namespace {

using plugins::Event;
using plugins::Transaction;

constexpr char kSource[] = "/booking";
constexpr int kLocatorLength = 6;
constexpr int kLocatorTriesMax = 10;

// Without letters and digits that are mistaken for each other.
std::string RandomLocator() {
  static constexpr char kAlphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  absl::BitGen random;
  std::string locator;
  for (int i = 0; i < kLocatorLength; ++i) {
    locator.push_back(kAlphabet[absl::Uniform<size_t>(random, 0, sizeof(kAlphabet) - 1)]);
  }
  return locator;
}

absl::StatusOr<std::string> FreeLocator(Transaction& tx) {
  for (int i = 0; i < kLocatorTriesMax; ++i) {
    std::string locator = RandomLocator();
    ASSIGN_OR_RETURN(const std::optional<BookingRecord> taken, FindBooking(tx, locator));
    if (!taken) return locator;
  }
  return absl::UnavailableError("no free booking id was found");
}

absl::StatusOr<BookingRecord> Existing(Transaction& tx, const std::string& booking_id) {
  ASSIGN_OR_RETURN(std::optional<BookingRecord> booking, FindBooking(tx, booking_id));
  if (!booking) return absl::NotFoundError(absl::StrCat("there is no booking ", booking_id));
  return *std::move(booking);
}

Event NewEvent(const char* type, const BookingRecord& booking) {
  Event event;
  event.id = pavane::RandomUuid();
  event.source = kSource;
  event.type = type;
  event.subject = booking.booking_id;
  event.flow = booking.flow_id;
  event.data = {{"booking_id", booking.booking_id}};
  return event;
}

Event Created(const BookingRecord& booking, const Order& order) {
  Event event = NewEvent("BookingCreated", booking);
  event.id = booking.flow_id;  // the first event of the flow gives it its id
  event.data["passenger"] = booking.passenger;
  event.data["trip"] = booking.trip;
  event.data["amount_cents"] = booking.amount_cents;
  event.data["currency"] = booking.currency;
  event.data["card"] = order.card;
  return event;
}

Event Cancelled(const BookingRecord& booking) {
  Event event = NewEvent("BookingCancelled", booking);
  event.data["reason"] = Name(booking.progress.cancel_reason);
  event.data["detail"] = booking.progress.cancel_detail;
  event.data["refunded_cents"] = booking.progress.refunded_cents;
  event.data["currency"] = booking.currency;
  event.data["passenger"] = booking.passenger;
  event.data["trip"] = booking.trip;
  return event;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BookingDesk>> BookingDesk::Open(const std::string& path,
                                                               plugins::Clock clock) {
  ASSIGN_OR_RETURN(std::unique_ptr<plugins::Database> database,
                   plugins::Database::Open(
                       path, {absl::StrCat(plugins::kInboxSchema, kBookingSchema, kOutboxSchema)}));
  return std::unique_ptr<BookingDesk>(new BookingDesk(std::move(database), std::move(clock)));
}

BookingDesk::BookingDesk(std::unique_ptr<plugins::Database> database, plugins::Clock clock)
    : database_(std::move(database)), clock_(std::move(clock)), inbox_(*database_, kSource) {}

void BookingDesk::OnUnpublished(std::function<void()> callback) {
  on_unpublished_ = std::move(callback);
}

absl::StatusOr<BookingRecord> BookingDesk::Create(const Order& order) {
  RETURN_IF_ERROR(CheckOrder(order));
  absl::StatusOr<BookingRecord> booking =
      database_->InTransaction([&](Transaction& tx) { return CreateWithin(tx, order); });
  if (booking.ok()) on_unpublished_();
  return booking;
}

absl::StatusOr<BookingRecord> BookingDesk::CreateWithin(Transaction& tx, const Order& order) {
  ASSIGN_OR_RETURN(std::optional<BookingRecord> known, FindByRequest(tx, order.request_id));
  if (known) return *std::move(known);
  BookingRecord booking;
  ASSIGN_OR_RETURN(booking.booking_id, FreeLocator(tx));
  booking.flow_id = pavane::RandomUuid();
  booking.passenger = order.passenger;
  booking.trip = order.trip;
  booking.amount_cents = order.amount_cents;
  booking.currency = order.currency;
  booking.created_at = clock_();
  RETURN_IF_ERROR(InsertBooking(tx, booking, order.request_id));
  RETURN_IF_ERROR(AppendToOutbox(tx, Created(booking, order)));
  return booking;
}

absl::StatusOr<BookingRecord> BookingDesk::Get(const std::string& booking_id) {
  return database_->InTransaction([&](Transaction& tx) { return Existing(tx, booking_id); });
}

absl::StatusOr<std::vector<BookingRecord>> BookingDesk::List(int64_t after, int64_t count_max,
                                                             std::optional<State> state) {
  return database_->InTransaction(
      [&](Transaction& tx) { return ListBookings(tx, after, count_max, state); });
}

absl::StatusOr<BookingRecord> BookingDesk::Cancel(const std::string& booking_id) {
  absl::StatusOr<BookingRecord> booking =
      database_->InTransaction([&](Transaction& tx) { return CancelWithin(tx, booking_id); });
  if (booking.ok()) on_unpublished_();
  return booking;
}

absl::StatusOr<BookingRecord> BookingDesk::CancelWithin(Transaction& tx,
                                                        const std::string& booking_id) {
  ASSIGN_OR_RETURN(BookingRecord booking, Existing(tx, booking_id));
  const State state = StateOf(booking.progress);
  if (state == State::kTicketed) {
    return absl::FailedPreconditionError(absl::StrCat(
        "ticket ", booking.progress.ticket_number, " is issued; the booking cannot be cancelled"));
  }
  if (state == State::kCancelled || booking.progress.cancel_requested) return booking;
  booking.progress.cancel_requested = true;
  RETURN_IF_ERROR(UpdateProgress(tx, booking));
  RETURN_IF_ERROR(AppendToOutbox(tx, NewEvent("BookingCancellationRequested", booking)));
  return booking;
}

plugins::Settlement BookingDesk::Handle(const Event& event) {
  return plugins::Settlement::From(
      inbox_.Once(event, [&](Transaction& tx) { return Apply(tx, event); }));
}

BookingDesk::Emits BookingDesk::Apply(Transaction& tx, const Event& event) {
  ASSIGN_OR_RETURN(const std::string booking_id, plugins::GetString(event.data, "booking_id"));
  ASSIGN_OR_RETURN(BookingRecord booking, Existing(tx, booking_id));
  const State before = StateOf(booking.progress);
  RETURN_IF_ERROR(Learn(event, booking.progress));
  RETURN_IF_ERROR(UpdateProgress(tx, booking));
  const bool cancelled_now =
      before != State::kCancelled && StateOf(booking.progress) == State::kCancelled;
  if (!cancelled_now) return std::vector<Event>();
  return std::vector<Event>{Cancelled(booking)};
}

absl::StatusOr<std::vector<Event>> BookingDesk::Unpublished(int64_t count_max) {
  return database_->InTransaction([&](Transaction& tx) { return ReadOutbox(tx, count_max); });
}

absl::Status BookingDesk::MarkPublished(const std::vector<std::string>& event_ids) {
  return database_->InTransaction([&](Transaction& tx) -> absl::Status {
    for (const std::string& id : event_ids) RETURN_IF_ERROR(RemoveFromOutbox(tx, id));
    return absl::OkStatus();
  });
}

}  // namespace pavane::booking
