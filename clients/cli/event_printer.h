// Events on the screen, one line each, as they come.
#ifndef PAVANE_CLIENTS_CLI_EVENT_PRINTER_H_
#define PAVANE_CLIENTS_CLI_EVENT_PRINTER_H_

#include "clients/cli/context.h"
#include "pavane/admin/v1/event.pb.h"
#include "pavane/v1/delivery.pb.h"

namespace pavane::cli {

// TIME BUS/SEQUENCE TYPE SOURCE ID DATA, or one line of JSON. Not a table: a stream has no widths.
void PrintEvent(const Context& context, const pavane::admin::v1::StoredEvent& event);
void PrintDelivery(const Context& context, const pavane::v1::Delivery& delivery);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_EVENT_PRINTER_H_
