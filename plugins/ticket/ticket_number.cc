#include "plugins/ticket/ticket_number.h"

#include "absl/strings/str_format.h"

namespace pavane::ticket {

std::string TicketNumber(int airline, int64_t serial) {
  return absl::StrFormat("%03d-%010d-%d", airline, serial, serial % 7);
}

}  // namespace pavane::ticket
