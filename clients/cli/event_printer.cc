#include "clients/cli/event_printer.h"

#include <string>

#include "absl/strings/str_cat.h"

#include "clients/cli/cloud_event.h"
#include "clients/cli/escape.h"

namespace pavane::cli {
namespace {

// StoredEvent and Delivery name these fields alike.
template <typename Message>
std::string Line(const Context& context, const Message& message) {
  const auto& event = message.event();
  const std::string data = DataForPeople(event);
  return EscapeForTerminal(absl::StrCat(context.Time(message.accepted_at()), " ", message.bus(),
                                        "/", message.sequence(), " ", event.type(), " ",
                                        event.source(), " ", event.id(),
                                        data.empty() ? "" : absl::StrCat(" ", data)));
}

}  // namespace

void PrintEvent(const Context& context, const pavane::admin::v1::StoredEvent& event) {
  if (context.json()) return context.PrintJson(event);
  context.out() << Line(context, event) << "\n";
}

void PrintDelivery(const Context& context, const pavane::v1::Delivery& delivery) {
  if (context.json()) return context.PrintJson(delivery);
  context.out() << Line(context, delivery);
  if (delivery.attempt() > 1) context.out() << " (attempt " << delivery.attempt() << ")";
  context.out() << "\n";
}

}  // namespace pavane::cli
