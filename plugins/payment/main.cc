// pavane-payment: the payment service.
#include <cstdint>

#include "absl/time/clock.h"
#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include "pavane/service.h"
#include "plugins/common/host.h"
#include "plugins/payment/payment_handler.h"

int main(int argc, char** argv) {
  pavane::plugins::HostOptions options;
  options.name = "payment";
  pavane::payment::Limits limits;
  CLI::App app("Charges cards for bookings and gives money back.", "pavane-payment");
  pavane::plugins::AddHostOptions(app, options);
  app.add_option("--currency", limits.currency, "The one currency taken")->capture_default_str();
  app.add_option("--payment-cents-max", limits.payment_cents_max, "Limit of one payment")
      ->capture_default_str();
  app.add_option("--card-day-cents-max", limits.card_day_cents_max, "Limit of one card in a day")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  pavane::plugins::SetUpHost(options);

  auto handler =
      pavane::payment::PaymentHandler::Open(options.data_file, limits, [] { return absl::Now(); });
  if (!handler.ok()) {
    spdlog::error("{}", handler.status().ToString());
    return 1;
  }
  pavane::ServiceOptions service_options = pavane::plugins::ToServiceOptions(options);
  service_options.emits = {"PaymentConfirmed", "PaymentFailed", "PaymentRefunded", "PaymentVoided"};
  service_options.description = "Charges cards for bookings and gives money back";
  pavane::Service service(service_options);
  for (const char* type : {"BookingCreated", "SeatUnavailable", "TicketBlocked"}) {
    service.On(type, pavane::plugins::Adapt([&](const pavane::plugins::Event& event) {
                 return (*handler)->Handle(event);
               }));
  }
  return pavane::plugins::Finish(service.Run());
}
