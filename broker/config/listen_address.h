// Where a door listens: "127.0.0.1:7440", "[::1]:7440", "localhost:0" or "unix:/run/pavane.sock".
#ifndef PAVANE_CONFIG_LISTEN_ADDRESS_H_
#define PAVANE_CONFIG_LISTEN_ADDRESS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pavane::config {

struct ListenAddress {
  std::string host;       // without brackets; empty for a unix socket
  uint16_t port = 0;      // 0: any free one
  std::string unix_path;  // set for a unix socket

  bool is_unix() const { return !unix_path.empty(); }
  // Only this machine can connect: a unix socket, 127.0.0.0/8, ::1 or localhost.
  bool is_loopback() const;
  // "host:port" with brackets where needed, or "unix:PATH".
  std::string ToString() const;
};

absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text);

}  // namespace pavane::config

#endif  // PAVANE_CONFIG_LISTEN_ADDRESS_H_
