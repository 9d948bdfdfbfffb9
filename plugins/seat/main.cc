// pavane-seat: the seat service.
#include <string>

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include "pavane/service.h"
#include "plugins/common/host.h"
#include "plugins/seat/seat_handler.h"
#include "plugins/seat/seat_map.h"

int main(int argc, char** argv) {
  pavane::plugins::HostOptions options;
  options.name = "seat";
  std::string map_file;
  CLI::App app("Gives the seats of flights to paid bookings.", "pavane-seat");
  pavane::plugins::AddHostOptions(app, options);
  app.add_option("--seat-map", map_file, "YAML file of aircraft and flights [one narrow-body]")
      ->envname("SEAT_MAP");
  CLI11_PARSE(app, argc, argv);
  pavane::plugins::SetUpHost(options);

  absl::StatusOr<pavane::seat::SeatMap> map = pavane::seat::SeatMap::Default();
  if (!map_file.empty()) map = pavane::seat::SeatMap::Load(map_file);
  if (!map.ok()) {
    spdlog::error("{}", map.status().ToString());
    return 1;
  }
  auto handler = pavane::seat::SeatHandler::Open(options.data_file, *std::move(map));
  if (!handler.ok()) {
    spdlog::error("{}", handler.status().ToString());
    return 1;
  }
  pavane::ServiceOptions service_options = pavane::plugins::ToServiceOptions(options);
  service_options.emits = {"SeatAssigned", "SeatUnavailable", "SeatReleased"};
  service_options.description = "Gives the seats of flights to paid bookings";
  pavane::Service service(service_options);
  for (const char* type : {"PaymentConfirmed", "TicketBlocked"}) {
    service.On(type, pavane::plugins::Adapt([&](const pavane::plugins::Event& event) {
                 return (*handler)->Handle(event);
               }));
  }
  return pavane::plugins::Finish(service.Run());
}
