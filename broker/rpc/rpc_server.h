#ifndef PAVANE_RPC_RPC_SERVER_H_
#define PAVANE_RPC_RPC_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/server.h"

#include "ingress/publisher.h"
#include "rpc/admin_context.h"
#include "rpc/service_health.h"
#include "rpc/subscriber_context.h"

namespace pavane::rpc {

/// The gRPC door: all services, health and reflection, on TCP and Unix sockets.
class RpcServer {
 public:
  struct Options {
    std::vector<std::string> listen;  // "host:port" (port 0: any free one) or "unix:PATH"
    size_t message_bytes_max = 16 << 20;
  };

  /// Serves when it returns. The contexts outlive the server. Unavailable when an address is taken.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(const Options& options,
                                                          ingress::Publisher& publisher,
                                                          SubscriberContext& subscriber,
                                                          AdminContext& admin);
  ~RpcServer();

  /// Where it listens, with the ports in use, in the order of the options.
  const std::vector<std::string>& addresses() const { return addresses_; }

  /// Takes no new calls, cancels those that run at `deadline`, and waits for all to end. What the
  /// contexts name must still work meanwhile.
  void Stop(absl::Time deadline);

 private:
  class Services;
  RpcServer(ServiceHealth& health, std::unique_ptr<Services> services);

  ServiceHealth& health_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<std::string> addresses_;
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_RPC_SERVER_H_
