#ifndef PAVANE_RPC_SYSTEM_ADMIN_SERVICE_H_
#define PAVANE_RPC_SYSTEM_ADMIN_SERVICE_H_

#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"

#include "pavane/admin/v1/system.grpc.pb.h"
#include "rpc/admin_context.h"

namespace pavane::rpc {

using RawSystemAdminService = pavane::admin::v1::SystemAdmin::WithRawCallbackMethod_GetStats<
    pavane::admin::v1::SystemAdmin::WithRawCallbackMethod_ListTargetStats<
        pavane::admin::v1::SystemAdmin::Service>>;

/// The door for the broker's state: translates, nothing else.
class SystemAdminService : public RawSystemAdminService {
 public:
  /// `context` outlives the service.
  explicit SystemAdminService(AdminContext& context) : admin_(context) {}

  grpc::ServerUnaryReactor* GetStats(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListTargetStats(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* request,
                                            grpc::ByteBuffer* response) override;

 private:
  AdminContext& admin_;
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_SYSTEM_ADMIN_SERVICE_H_
