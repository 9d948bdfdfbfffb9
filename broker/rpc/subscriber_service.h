#ifndef PAVANE_RPC_SUBSCRIBER_SERVICE_H_
#define PAVANE_RPC_SUBSCRIBER_SERVICE_H_

#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"

#include "pavane/v1/subscriber.grpc.pb.h"
#include "rpc/subscriber_context.h"

namespace pavane::rpc {

using RawSubscriberService = pavane::v1::SubscriberService::WithRawCallbackMethod_Subscribe<
    pavane::v1::SubscriberService::WithRawCallbackMethod_Pull<
        pavane::v1::SubscriberService::WithRawCallbackMethod_Settle<
            pavane::v1::SubscriberService::WithRawCallbackMethod_ExtendLease<
                pavane::v1::SubscriberService::Service>>>>;

/// The door for services: translates, nothing else.
class SubscriberService : public RawSubscriberService {
 public:
  /// `broker` outlives the service.
  explicit SubscriberService(SubscriberContext& broker) : broker_(broker) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Subscribe(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* Pull(grpc::CallbackServerContext* context,
                                 const grpc::ByteBuffer* request,
                                 grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Settle(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ExtendLease(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;

 private:
  SubscriberContext& broker_;
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_SUBSCRIBER_SERVICE_H_
