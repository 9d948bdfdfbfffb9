// What ticket does with events: issues a ticket, or sees to it that none is issued.
#ifndef PAVANE_PLUGINS_TICKET_TICKET_HANDLER_H_
#define PAVANE_PLUGINS_TICKET_TICKET_HANDLER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "plugins/common/clock.h"
#include "plugins/common/database.h"
#include "plugins/common/inbox.h"
#include "plugins/common/settlement.h"

namespace pavane::ticket {

// PaymentConfirmed             ┐ TicketIssued once both are known, whichever comes first
// SeatAssigned                 ┘
// BookingCancellationRequested → TicketBlocked unless the ticket is issued; then nothing, since the
//                                customer came too late
//
// Issuing and blocking exclude each other here, in one transaction: this is the one place that
// decides the race between a ticket and a cancellation. Thread-safe.
class TicketHandler {
 public:
  static absl::StatusOr<std::unique_ptr<TicketHandler>> Open(const std::string& path, int airline,
                                                             plugins::Clock clock);

  plugins::Settlement Handle(const plugins::Event& event);

 private:
  using Emits = absl::StatusOr<std::vector<plugins::Event>>;

  TicketHandler(std::unique_ptr<plugins::Database> database, int airline, plugins::Clock clock);
  Emits Apply(plugins::Transaction& tx, const plugins::Event& event);
  Emits Know(plugins::Transaction& tx, const plugins::Event& event, const char* column);
  Emits IssueIfComplete(plugins::Transaction& tx, const std::string& booking_id);
  Emits Block(plugins::Transaction& tx, const plugins::Event& event);

  const std::unique_ptr<plugins::Database> database_;
  const int airline_;
  const plugins::Clock clock_;
  plugins::Inbox inbox_;
};

}  // namespace pavane::ticket

#endif  // PAVANE_PLUGINS_TICKET_TICKET_HANDLER_H_
