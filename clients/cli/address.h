// Where the broker listens for gRPC.
#ifndef PAVANE_CLIENTS_CLI_ADDRESS_H_
#define PAVANE_CLIENTS_CLI_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pavane::cli {

inline constexpr char kDefaultAddress[] = "127.0.0.1:7440";

// HOST, HOST:PORT, :PORT, [IPV6]:PORT or unix:PATH, as a gRPC target. Port 7440 when none is given.
absl::StatusOr<std::string> ParseAddress(absl::string_view text);

// The first that is set and not empty: `flag`, PAVANE_ADDRESS, PAVANE_GRPC_ADDRESS, the default.
std::string ChooseAddress(absl::string_view flag);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_ADDRESS_H_
