// The gRPC door of booking: translates, calls the desk, translates.
#ifndef PAVANE_PLUGINS_BOOKING_BOOKING_API_H_
#define PAVANE_PLUGINS_BOOKING_BOOKING_API_H_

#include "plugins/booking/booking.grpc.pb.h"
#include "plugins/booking/booking_desk.h"

namespace pavane::booking {

// The desk must outlive the API. Thread-safe.
class BookingApi final : public pavane::demo::booking::v1::BookingService::Service {
 public:
  explicit BookingApi(BookingDesk& desk) : desk_(desk) {}

  grpc::Status CreateBooking(grpc::ServerContext* context,
                             const pavane::demo::booking::v1::CreateBookingRequest* request,
                             pavane::demo::booking::v1::CreateBookingResponse* response) override;
  grpc::Status GetBooking(grpc::ServerContext* context,
                          const pavane::demo::booking::v1::GetBookingRequest* request,
                          pavane::demo::booking::v1::GetBookingResponse* response) override;
  grpc::Status ListBookings(grpc::ServerContext* context,
                            const pavane::demo::booking::v1::ListBookingsRequest* request,
                            pavane::demo::booking::v1::ListBookingsResponse* response) override;
  grpc::Status CancelBooking(grpc::ServerContext* context,
                             const pavane::demo::booking::v1::CancelBookingRequest* request,
                             pavane::demo::booking::v1::CancelBookingResponse* response) override;

 private:
  BookingDesk& desk_;
};

}  // namespace pavane::booking

#endif  // PAVANE_PLUGINS_BOOKING_BOOKING_API_H_
