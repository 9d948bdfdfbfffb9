#ifndef PAVANE_RPC_EVENT_ADMIN_SERVICE_H_
#define PAVANE_RPC_EVENT_ADMIN_SERVICE_H_

#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"

#include "pavane/admin/v1/event.grpc.pb.h"
#include "rpc/admin_context.h"

namespace pavane::rpc {

using RawEventAdminService = pavane::admin::v1::EventAdmin::WithRawCallbackMethod_GetEvent<
    pavane::admin::v1::EventAdmin::WithRawCallbackMethod_ListEvents<
        pavane::admin::v1::EventAdmin::WithRawCallbackMethod_ListScheduledEvents<
            pavane::admin::v1::EventAdmin::WithRawCallbackMethod_CancelScheduledEvents<
                pavane::admin::v1::EventAdmin::WithRawCallbackMethod_TailEvents<
                    pavane::admin::v1::EventAdmin::Service>>>>>;

/// The door for stored events: translates, nothing else.
class EventAdminService : public RawEventAdminService {
 public:
  /// `context` outlives the service.
  explicit EventAdminService(AdminContext& context) : admin_(context) {}

  grpc::ServerUnaryReactor* GetEvent(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListEvents(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListScheduledEvents(grpc::CallbackServerContext* context,
                                                const grpc::ByteBuffer* request,
                                                grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* CancelScheduledEvents(grpc::CallbackServerContext* context,
                                                  const grpc::ByteBuffer* request,
                                                  grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* TailEvents(grpc::CallbackServerContext* context,
                                                         const grpc::ByteBuffer* request) override;

 private:
  AdminContext& admin_;
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_EVENT_ADMIN_SERVICE_H_
