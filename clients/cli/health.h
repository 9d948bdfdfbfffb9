// The broker's health, by gRPC's health protocol.
#ifndef PAVANE_CLIENTS_CLI_HEALTH_H_
#define PAVANE_CLIENTS_CLI_HEALTH_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "clients/cli/connection.h"

namespace pavane::cli {

// grpc.health.v1.HealthCheckResponse.ServingStatus.
enum class Health { kUnknown = 0, kServing = 1, kNotServing = 2, kServiceUnknown = 3 };

// Asks for one gRPC service, or for the whole broker when `service` is empty.
absl::StatusOr<Health> CheckHealth(const Connection& broker, const std::string& service);

// OK if something that speaks gRPC answers within the timeout, whatever it says.
absl::Status CheckReachable(const Connection& broker);

const char* HealthName(Health health);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_HEALTH_H_
