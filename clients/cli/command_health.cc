// pavane health [SERVICE]
#include "absl/strings/str_cat.h"

#include "clients/cli/command.h"
#include "clients/cli/escape.h"
#include "clients/cli/health.h"
#include "clients/cli/json_value.h"
#include "clients/cli/status.h"

namespace pavane::cli {
namespace {

struct HealthOptions {
  std::string service;
};

absl::Status Run(const Context& context, const HealthOptions& options) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  const absl::StatusOr<Health> health = CheckHealth(broker, options.service);
  if (absl::IsNotFound(health.status())) {
    return absl::NotFoundError(absl::StrCat("the broker at ", broker.address(),
                                            " has no gRPC service named '", options.service,
                                            "'; leave the name out to ask for the whole broker"));
  }
  CLI_RETURN_IF_ERROR(health.status());
  if (context.json()) {
    context.out() << "{\"address\":" << JsonQuote(broker.address()) << ",\"status\":\""
                  << HealthName(*health) << "\"}\n";
  } else {
    context.out() << EscapeForTerminal(broker.address()) << " " << HealthName(*health) << "\n";
  }
  if (*health == Health::kServing) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("the broker at ", broker.address(),
                                             " is not serving; `pavane stats` may tell why"));
}

}  // namespace

void AddHealthCommand(CLI::App* app, Context* context) {
  CLI::App* health = AddCommand(app, "health", "Ask whether the broker is serving");
  auto options = std::make_shared<HealthOptions>();
  health
      ->add_option("service", options->service,
                   "gRPC service, such as pavane.v1.PublisherService (default: all)")
      ->type_name("NAME");
  SetAction(health, context, options, Run);
}

}  // namespace pavane::cli
