#ifndef PAVANE_RPC_PUBLISHER_SERVICE_H_
#define PAVANE_RPC_PUBLISHER_SERVICE_H_

#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"

#include "ingress/publisher.h"
#include "pavane/v1/publisher.grpc.pb.h"

namespace pavane::rpc {

using RawPublisherService = pavane::v1::PublisherService::WithRawCallbackMethod_Publish<
    pavane::v1::PublisherService::WithRawCallbackMethod_PublishStream<
        pavane::v1::PublisherService::Service>>;

/// The door for events: translates, nothing else.
class PublisherService : public RawPublisherService {
 public:
  /// `publisher` outlives the service.
  explicit PublisherService(ingress::Publisher& publisher) : publisher_(publisher) {}

  grpc::ServerUnaryReactor* Publish(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* PublishStream(
      grpc::CallbackServerContext* context) override;

 private:
  ingress::Publisher& publisher_;
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_PUBLISHER_SERVICE_H_
