// What seat does with events: gives seats away and takes them back.
#ifndef PAVANE_PLUGINS_SEAT_SEAT_HANDLER_H_
#define PAVANE_PLUGINS_SEAT_SEAT_HANDLER_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "plugins/common/database.h"
#include "plugins/common/inbox.h"
#include "plugins/common/settlement.h"
#include "plugins/seat/seat_map.h"

namespace pavane::seat {

// PaymentConfirmed → SeatAssigned, or SeatUnavailable when the cabin is full or does not exist
// TicketBlocked    → SeatReleased when the booking had a seat; it gets none later
//
// A seat of one flight on one day belongs to one booking: a unique constraint, not only care.
// Thread-safe.
class SeatHandler {
 public:
  static absl::StatusOr<std::unique_ptr<SeatHandler>> Open(const std::string& path, SeatMap map);

  plugins::Settlement Handle(const plugins::Event& event);

 private:
  using Emits = absl::StatusOr<std::vector<plugins::Event>>;

  SeatHandler(std::unique_ptr<plugins::Database> database, SeatMap map);
  Emits Apply(plugins::Transaction& tx, const plugins::Event& event);
  Emits OnPaymentConfirmed(plugins::Transaction& tx, const plugins::Event& event);
  Emits OnTicketBlocked(plugins::Transaction& tx, const plugins::Event& event);

  const std::unique_ptr<plugins::Database> database_;
  const SeatMap map_;
  plugins::Inbox inbox_;
};

}  // namespace pavane::seat

#endif  // PAVANE_PLUGINS_SEAT_SEAT_HANDLER_H_
