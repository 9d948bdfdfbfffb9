// Whether an order is complete. Pure.
#ifndef PAVANE_PLUGINS_BOOKING_ORDER_CHECK_H_
#define PAVANE_PLUGINS_BOOKING_ORDER_CHECK_H_

#include "absl/status/status.h"

#include "plugins/booking/booking_record.h"

namespace pavane::booking {

// InvalidArgument naming the first field that is missing or malformed. Whether flight and cabin
// exist and the card is good is not booking's to judge.
absl::Status CheckOrder(const Order& order);

}  // namespace pavane::booking

#endif  // PAVANE_PLUGINS_BOOKING_ORDER_CHECK_H_
