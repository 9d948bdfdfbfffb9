// pavane-booking: the booking service.
#include <chrono>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include <CLI/CLI.hpp>
#include <grpcpp/grpcpp.h>
#include <spdlog/spdlog.h>

#include "pavane/publisher.h"
#include "pavane/service.h"
#include "plugins/booking/booking_api.h"
#include "plugins/booking/booking_desk.h"
#include "plugins/booking/outbox_relay.h"
#include "plugins/common/host.h"

namespace {

using pavane::booking::BookingDesk;
using pavane::plugins::Event;
using pavane::plugins::HostOptions;

constexpr std::chrono::seconds kStopTimeout{5};
constexpr std::chrono::seconds kPublishDeadline{5};

// Null when the address is not free.
std::unique_ptr<grpc::Server> Serve(const std::string& listen, grpc::Service& api) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&api);
  // Two programs on one port would share its calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) return nullptr;
  spdlog::info("serving bookings at {} (port {})", listen, port);
  return server;
}

void Follow(pavane::Service& service, BookingDesk& desk) {
  for (const char* type : {"PaymentConfirmed", "PaymentFailed", "PaymentRefunded", "PaymentVoided",
                           "SeatAssigned", "SeatUnavailable", "TicketIssued"}) {
    service.On(type,
               pavane::plugins::Adapt([&](const Event& event) { return desk.Handle(event); }));
  }
}

pavane::Error Run(const HostOptions& options, const std::string& listen, BookingDesk& desk) {
  pavane::PublisherOptions publishing;
  publishing.address = options.address;
  publishing.deadline = kPublishDeadline;
  publishing.logger = pavane::plugins::ClientLogger();
  pavane::Publisher publisher(publishing);
  pavane::booking::OutboxRelay relay(desk, publisher);
  desk.OnUnpublished([&relay] { relay.Wake(); });

  pavane::booking::BookingApi api(desk);
  const std::unique_ptr<grpc::Server> server = Serve(listen, api);
  if (server == nullptr) {
    pavane::Error error;
    error.code = grpc::UNAVAILABLE;
    error.message = "cannot listen on " + listen;
    return error;
  }
  pavane::ServiceOptions service_options = pavane::plugins::ToServiceOptions(options);
  service_options.emits = {"BookingCreated", "BookingCancelled", "BookingCancellationRequested"};
  service_options.description = "Takes bookings and follows them to their end";
  pavane::Service service(service_options);
  Follow(service, desk);
  const pavane::Error error = service.Run();
  server->Shutdown(std::chrono::system_clock::now() + kStopTimeout);
  return error;
}

}  // namespace

int main(int argc, char** argv) {
  HostOptions options;
  options.name = "booking";
  std::string listen = "127.0.0.1:7450";
  CLI::App app("Takes flight bookings over gRPC and follows them to their end.", "pavane-booking");
  pavane::plugins::AddHostOptions(app, options);
  app.add_option("--listen", listen, "Address of the booking API")
      ->envname("BOOKING_LISTEN")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  pavane::plugins::SetUpHost(options);
  auto desk = BookingDesk::Open(options.data_file, [] { return absl::Now(); });
  if (!desk.ok()) {
    spdlog::error("{}", desk.status().ToString());
    return 1;
  }
  return pavane::plugins::Finish(Run(options, listen, **desk));
}
