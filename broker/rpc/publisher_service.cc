#include "rpc/publisher_service.h"

#include <utility>

#include "base/failpoint.h"
#include "rpc/grpc_status.h"
#include "rpc/publish_request.h"
#include "rpc/publish_stream.h"
#include "rpc/wire.h"

namespace pavane::rpc {

grpc::ServerUnaryReactor* PublisherService::Publish(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request,
                                                    grpc::ByteBuffer* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::StatusOr<ingress::IncomingBatch> batch = ParsePublishRequest(*request);
  if (!batch.ok()) {
    reactor->Finish(ToGrpcStatus(batch.status(), context));
    return reactor;
  }
  batch->lane = store::LaneOf(context->peer());
  // Context, response and reactor live until Finish.
  publisher_.Publish(*std::move(batch), [context, response, reactor](auto answer) {
    if (answer.ok()) {
      *response = Serialize(*answer);
      reactor->Finish(grpc::Status::OK);
      FAILPOINT("rpc.publish_answered");
    } else {
      reactor->Finish(ToGrpcStatus(answer.status(), context));
    }
  });
  return reactor;
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* PublisherService::PublishStream(
    grpc::CallbackServerContext* context) {
  return rpc::PublishStream::Open(context, publisher_).get();
}

}  // namespace pavane::rpc
