#include "plugins/booking/booking_api.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace pavane::booking {
namespace {

namespace pb = pavane::demo::booking::v1;
using plugins::GetStringOr;

constexpr uint32_t kPageSizeDefault = 100;
constexpr uint32_t kPageSizeMax = 1000;

grpc::Status ToGrpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

Order ToOrder(const pb::CreateBookingRequest& request) {
  Order order;
  order.request_id = request.request_id();
  order.passenger = {{"name", request.passenger().name()},
                     {"email", request.passenger().email()},
                     {"phone", request.passenger().phone()}};
  const pb::Trip& trip = request.trip();
  order.trip = {{"flight", trip.flight()}, {"date", trip.date()},
                {"from", trip.from()},     {"to", trip.to()},
                {"cabin", trip.cabin()},   {"seat_preference", trip.seat_preference()}};
  order.card = {{"number", request.card().number()},
                {"expiry", request.card().expiry()},
                {"holder", request.card().holder()}};
  order.amount_cents = request.amount_cents();
  order.currency = request.currency();
  return order;
}

pb::BookingState ToProto(State state) {
  switch (state) {
    case State::kPending:
      return pb::PENDING;
    case State::kPaid:
      return pb::PAID;
    case State::kSeated:
      return pb::SEATED;
    case State::kCancelling:
      return pb::CANCELLING;
    case State::kTicketed:
      return pb::TICKETED;
    case State::kCancelled:
      return pb::CANCELLED;
  }
  return pb::BOOKING_STATE_UNSPECIFIED;
}

// Nothing for the unspecified or an unknown state.
std::optional<State> FromProto(pb::BookingState state) {
  for (const State candidate : {State::kPending, State::kPaid, State::kSeated, State::kCancelling,
                                State::kTicketed, State::kCancelled}) {
    if (ToProto(candidate) == state) return candidate;
  }
  return std::nullopt;
}

pb::CancelReason ToProto(CancelReason reason) {
  switch (reason) {
    case CancelReason::kNone:
      return pb::CANCEL_REASON_UNSPECIFIED;
    case CancelReason::kPayment:
      return pb::PAYMENT;
    case CancelReason::kSeat:
      return pb::SEAT;
    case CancelReason::kCustomer:
      return pb::CUSTOMER;
  }
  return pb::CANCEL_REASON_UNSPECIFIED;
}

void FillTrip(const plugins::Json& json, pb::Trip& trip) {
  trip.set_flight(GetStringOr(json, "flight", ""));
  trip.set_date(GetStringOr(json, "date", ""));
  trip.set_from(GetStringOr(json, "from", ""));
  trip.set_to(GetStringOr(json, "to", ""));
  trip.set_cabin(GetStringOr(json, "cabin", ""));
  trip.set_seat_preference(GetStringOr(json, "seat_preference", ""));
}

void FillBooking(const BookingRecord& record, pb::Booking& booking) {
  const Progress& progress = record.progress;
  booking.set_booking_id(record.booking_id);
  booking.set_state(ToProto(StateOf(progress)));
  booking.set_cancel_reason(ToProto(progress.cancel_reason));
  booking.set_cancel_detail(progress.cancel_detail);
  booking.mutable_passenger()->set_name(GetStringOr(record.passenger, "name", ""));
  booking.mutable_passenger()->set_email(GetStringOr(record.passenger, "email", ""));
  booking.mutable_passenger()->set_phone(GetStringOr(record.passenger, "phone", ""));
  FillTrip(record.trip, *booking.mutable_trip());
  booking.set_amount_cents(record.amount_cents);
  booking.set_currency(record.currency);
  booking.set_refunded_cents(progress.refunded_cents);
  booking.set_seat(progress.seat);
  booking.set_ticket_number(progress.ticket_number);
  booking.set_flow_id(record.flow_id);
  const int64_t micros = absl::ToUnixMicros(record.created_at);
  booking.mutable_created_at()->set_seconds(micros / 1'000'000);
  booking.mutable_created_at()->set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
}

}  // namespace

grpc::Status BookingApi::CreateBooking(grpc::ServerContext*,
                                       const pb::CreateBookingRequest* request,
                                       pb::CreateBookingResponse* response) {
  const absl::StatusOr<BookingRecord> booking = desk_.Create(ToOrder(*request));
  if (!booking.ok()) return ToGrpc(booking.status());
  FillBooking(*booking, *response->mutable_booking());
  return grpc::Status::OK;
}

grpc::Status BookingApi::GetBooking(grpc::ServerContext*, const pb::GetBookingRequest* request,
                                    pb::GetBookingResponse* response) {
  const absl::StatusOr<BookingRecord> booking = desk_.Get(request->booking_id());
  if (!booking.ok()) return ToGrpc(booking.status());
  FillBooking(*booking, *response->mutable_booking());
  return grpc::Status::OK;
}

grpc::Status BookingApi::ListBookings(grpc::ServerContext*, const pb::ListBookingsRequest* request,
                                      pb::ListBookingsResponse* response) {
  int64_t after = 0;
  if (!request->page_token().empty() && !absl::SimpleAtoi(request->page_token(), &after)) {
    return grpc::Status(grpc::INVALID_ARGUMENT, "page_token is not from an earlier answer");
  }
  const uint32_t asked = request->page_size() == 0 ? kPageSizeDefault : request->page_size();
  const int64_t size = std::min(asked, kPageSizeMax);
  const absl::StatusOr<std::vector<BookingRecord>> bookings =
      desk_.List(after, size, FromProto(request->state()));
  if (!bookings.ok()) return ToGrpc(bookings.status());
  for (const BookingRecord& booking : *bookings) FillBooking(booking, *response->add_bookings());
  if (static_cast<int64_t>(bookings->size()) == size) {
    response->set_next_page_token(absl::StrCat(bookings->back().number));
  }
  return grpc::Status::OK;
}

grpc::Status BookingApi::CancelBooking(grpc::ServerContext*,
                                       const pb::CancelBookingRequest* request,
                                       pb::CancelBookingResponse* response) {
  const absl::StatusOr<BookingRecord> booking = desk_.Cancel(request->booking_id());
  if (!booking.ok()) return ToGrpc(booking.status());
  FillBooking(*booking, *response->mutable_booking());
  return grpc::Status::OK;
}

}  // namespace pavane::booking
