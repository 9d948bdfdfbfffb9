// The one translation from absl::Status to gRPC.
#ifndef PAVANE_RPC_GRPC_STATUS_H_
#define PAVANE_RPC_GRPC_STATUS_H_

#include "absl/status/status.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/status.h"

namespace pavane::rpc {

/// Name of the trailing metadata that carries the call's pavane.v1.Error, serialized.
inline constexpr char kErrorMetadata[] = "pavane-error-bin";

/// The same code and message. A reason travels in two forms: as details in the way of
/// google.rpc.Status (a pavane.v1.Error and, where a later try may succeed, a
/// google.rpc.RetryInfo), and as a pavane.v1.Error in the trailing metadata of `context`.
grpc::Status ToGrpcStatus(const absl::Status& status, grpc::CallbackServerContext* context);

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_GRPC_STATUS_H_
