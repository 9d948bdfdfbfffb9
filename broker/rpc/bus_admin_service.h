#ifndef PAVANE_RPC_BUS_ADMIN_SERVICE_H_
#define PAVANE_RPC_BUS_ADMIN_SERVICE_H_

#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"

#include "pavane/admin/v1/bus.grpc.pb.h"
#include "rpc/admin_context.h"

namespace pavane::rpc {

using RawBusAdminService = pavane::admin::v1::BusAdmin::WithRawCallbackMethod_PutBus<
    pavane::admin::v1::BusAdmin::WithRawCallbackMethod_GetBus<
        pavane::admin::v1::BusAdmin::WithRawCallbackMethod_ListBuses<
            pavane::admin::v1::BusAdmin::WithRawCallbackMethod_DeleteBus<
                pavane::admin::v1::BusAdmin::Service>>>>;

/// The door for buses: translates, nothing else.
class BusAdminService : public RawBusAdminService {
 public:
  /// `context` outlives the service.
  explicit BusAdminService(AdminContext& context) : admin_(context) {}

  grpc::ServerUnaryReactor* PutBus(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetBus(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListBuses(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* DeleteBus(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;

 private:
  AdminContext& admin_;
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_BUS_ADMIN_SERVICE_H_
