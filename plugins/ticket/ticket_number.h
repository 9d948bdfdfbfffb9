// Ticket numbers.
#ifndef PAVANE_PLUGINS_TICKET_TICKET_NUMBER_H_
#define PAVANE_PLUGINS_TICKET_TICKET_NUMBER_H_

#include <cstdint>
#include <string>

namespace pavane::ticket {

// AIRLINE-SERIAL-CHECK as airlines print it: three digits, ten digits, and the serial modulo seven.
// `serial` is at most 9,999,999,999.
std::string TicketNumber(int airline, int64_t serial);

}  // namespace pavane::ticket

#endif  // PAVANE_PLUGINS_TICKET_TICKET_NUMBER_H_
