#ifndef PAVANE_RPC_UNARY_H_
#define PAVANE_RPC_UNARY_H_

#include <functional>
#include <utility>

#include "absl/status/statusor.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

#include "rpc/grpc_status.h"
#include "rpc/wire.h"

namespace pavane::rpc {

template <typename Response>
using Answer = std::function<void(absl::StatusOr<Response>)>;

/// Serves one call: parses the request, lets `handle` answer it, now or later and on any thread,
/// exactly once. `handle` is called as handle(Request, Answer<Response>) and must not block.
template <typename Request, typename Response, typename Handle>
grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context, const grpc::ByteBuffer* in,
                                grpc::ByteBuffer* out, Handle handle) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  Request request;
  if (const absl::Status parsed = Parse(*in, &request); !parsed.ok()) {
    reactor->Finish(ToGrpcStatus(parsed, context));
    return reactor;
  }
  // Context, `out` and reactor live until Finish.
  handle(std::move(request), Answer<Response>([context, out, reactor](auto response) {
           if (response.ok()) {
             *out = Serialize(*response);
             reactor->Finish(grpc::Status::OK);
           } else {
             reactor->Finish(ToGrpcStatus(response.status(), context));
           }
         }));
  return reactor;
}

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_UNARY_H_
