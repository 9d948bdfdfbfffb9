#ifndef PAVANE_RPC_SERVICE_HEALTH_H_
#define PAVANE_RPC_SERVICE_HEALTH_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "grpcpp/health_check_service_interface.h"

#include "base/mutex.h"

namespace pavane::rpc {

/// What gRPC health v1 says: "" and the broker's own services, and each connected service by its
/// name: SERVING while an instance is connected, NOT_SERVING after the last one left. All are
/// NOT_SERVING while the broker drains or its store has failed. At most 10,000 names of services
/// are told; further ones are unknown to it. Any thread.
class ServiceHealth {
 public:
  /// `health` belongs to the gRPC server; call once it has started. Serving from then on.
  void Start(grpc::HealthCheckServiceInterface* health) ABSL_LOCKS_EXCLUDED(mu_);
  /// Nothing serves any more, for good.
  void StopServing() ABSL_LOCKS_EXCLUDED(mu_);
  /// The gRPC server is about to go.
  void Detach() ABSL_LOCKS_EXCLUDED(mu_);

  void Connected(const std::string& service) ABSL_LOCKS_EXCLUDED(mu_);
  void Disconnected(const std::string& service) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  Mutex mu_;
  grpc::HealthCheckServiceInterface* health_ ABSL_GUARDED_BY(mu_) = nullptr;
  bool serving_ ABSL_GUARDED_BY(mu_) = false;
  absl::flat_hash_map<std::string, int> instances_  // of every name ever connected
      ABSL_GUARDED_BY(mu_);
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_SERVICE_HEALTH_H_
