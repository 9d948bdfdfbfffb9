#include "clients/cli/health.h"

#include "google/protobuf/wrappers.pb.h"
#include "grpcpp/impl/codegen/client_unary_call.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/impl/codegen/rpc_method.h"

#include "clients/cli/status.h"

namespace pavane::cli {

// The request is `{string service = 1}` and the answer `{enum status = 1}`: on the wire just what
// the well-known StringValue and Int32Value are, so they stand in for a generated stub, which the
// gRPC package does not install.
absl::StatusOr<Health> CheckHealth(const Connection& broker, const std::string& service) {
  google::protobuf::StringValue request;
  request.set_value(service);
  google::protobuf::Int32Value response;
  grpc::ClientContext context;
  broker.SetDeadline(&context);
  const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check",
                                         grpc::internal::RpcMethod::NORMAL_RPC);
  const grpc::Status status =
      grpc::internal::BlockingUnaryCall<google::protobuf::StringValue, google::protobuf::Int32Value,
                                        google::protobuf::MessageLite,
                                        google::protobuf::MessageLite>(
          broker.channel().get(), method, &context, request, &response);
  CLI_RETURN_IF_ERROR(broker.ToStatus(status, context));
  return static_cast<Health>(response.value());
}

absl::Status CheckReachable(const Connection& broker) {
  absl::Status status = CheckHealth(broker, "").status();
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) return status;
  return absl::OkStatus();
}

const char* HealthName(Health health) {
  switch (health) {
    case Health::kServing:
      return "SERVING";
    case Health::kNotServing:
      return "NOT_SERVING";
    case Health::kServiceUnknown:
      return "SERVICE_UNKNOWN";
    case Health::kUnknown:
      break;
  }
  return "UNKNOWN";
}

}  // namespace pavane::cli
