// pavane-ticket: the ticket service.
#include <optional>
#include <string>

#include "absl/time/clock.h"
#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include "pavane/service.h"
#include "plugins/common/host.h"
#include "plugins/ticket/fault_switch.h"
#include "plugins/ticket/ticket_handler.h"

int main(int argc, char** argv) {
  pavane::plugins::HostOptions options;
  options.name = "ticket";
  int airline = 299;
  std::string break_file;
  CLI::App app("Issues tickets once payment and seat are known.", "pavane-ticket");
  pavane::plugins::AddHostOptions(app, options);
  app.add_option("--airline", airline, "First three digits of ticket numbers")
      ->check(CLI::Range(0, 999))
      ->capture_default_str();
  app.add_option("--break-file", break_file,
                 "While this file exists every delivery fails: its first word is reject or nack, "
                 "the rest the message")
      ->envname("TICKET_BREAK_FILE");
  CLI11_PARSE(app, argc, argv);
  pavane::plugins::SetUpHost(options);

  auto handler =
      pavane::ticket::TicketHandler::Open(options.data_file, airline, [] { return absl::Now(); });
  if (!handler.ok()) {
    spdlog::error("{}", handler.status().ToString());
    return 1;
  }
  const pavane::ticket::FaultSwitch fault(break_file);
  pavane::ServiceOptions service_options = pavane::plugins::ToServiceOptions(options);
  service_options.emits = {"TicketIssued", "TicketBlocked"};
  service_options.description = "Issues tickets once payment and seat are known";
  pavane::Service service(service_options);
  for (const char* type : {"PaymentConfirmed", "SeatAssigned", "BookingCancellationRequested"}) {
    service.On(type, pavane::plugins::Adapt([&](const pavane::plugins::Event& event) {
                 const auto failure = fault.Failure();
                 return failure ? *failure : (*handler)->Handle(event);
               }));
  }
  return pavane::plugins::Finish(service.Run());
}
