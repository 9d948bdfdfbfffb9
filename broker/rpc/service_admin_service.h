#ifndef PAVANE_RPC_SERVICE_ADMIN_SERVICE_H_
#define PAVANE_RPC_SERVICE_ADMIN_SERVICE_H_

#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"

#include "pavane/admin/v1/service.grpc.pb.h"
#include "rpc/admin_context.h"

namespace pavane::rpc {

using RawServiceAdminService = pavane::admin::v1::ServiceAdmin::WithRawCallbackMethod_ListServices<
    pavane::admin::v1::ServiceAdmin::Service>;

/// The door for services: translates, nothing else.
class ServiceAdminService : public RawServiceAdminService {
 public:
  /// `context` outlives the service.
  explicit ServiceAdminService(AdminContext& context) : admin_(context) {}

  grpc::ServerUnaryReactor* ListServices(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;

 private:
  AdminContext& admin_;
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_SERVICE_ADMIN_SERVICE_H_
