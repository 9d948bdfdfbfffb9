// A booking as stored.
#ifndef PAVANE_PLUGINS_BOOKING_BOOKING_RECORD_H_
#define PAVANE_PLUGINS_BOOKING_BOOKING_RECORD_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

#include "plugins/booking/booking_state.h"
#include "plugins/common/json.h"

namespace pavane::booking {

// What the customer asked for. `passenger` has name, email and phone; `trip` has flight, date,
// from, to, cabin and seat_preference; `card` has number, expiry and holder.
struct Order {
  std::string request_id;
  plugins::Json passenger;
  plugins::Json trip;
  plugins::Json card;
  int64_t amount_cents = 0;
  std::string currency;
};

// The card is not kept: it leaves with BookingCreated.
struct BookingRecord {
  int64_t number = 0;  // order of creation
  std::string booking_id;
  std::string flow_id;
  plugins::Json passenger;
  plugins::Json trip;
  int64_t amount_cents = 0;
  std::string currency;
  absl::Time created_at;
  Progress progress;
};

}  // namespace pavane::booking

#endif  // PAVANE_PLUGINS_BOOKING_BOOKING_RECORD_H_
