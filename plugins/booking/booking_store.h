// The table of bookings.
#ifndef PAVANE_PLUGINS_BOOKING_BOOKING_STORE_H_
#define PAVANE_PLUGINS_BOOKING_BOOKING_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "plugins/booking/booking_record.h"
#include "plugins/common/database.h"

namespace pavane::booking {

extern const char kBookingSchema[];

// All of these work inside the caller's transaction.
absl::Status InsertBooking(plugins::Transaction& tx, const BookingRecord& booking,
                           const std::string& request_id);
absl::StatusOr<std::optional<BookingRecord>> FindBooking(plugins::Transaction& tx,
                                                         const std::string& booking_id);
absl::StatusOr<std::optional<BookingRecord>> FindByRequest(plugins::Transaction& tx,
                                                           const std::string& request_id);
absl::Status UpdateProgress(plugins::Transaction& tx, const BookingRecord& booking);

// Bookings numbered above `after`, by number, at most `count_max`; `state` may narrow them.
absl::StatusOr<std::vector<BookingRecord>> ListBookings(plugins::Transaction& tx, int64_t after,
                                                        int64_t count_max,
                                                        std::optional<State> state);

}  // namespace pavane::booking

#endif  // PAVANE_PLUGINS_BOOKING_BOOKING_STORE_H_
