#include "rpc/service_admin_service.h"

#include <utility>

#include "rpc/unary.h"

namespace pavane::rpc {

namespace v1 = pavane::admin::v1;

grpc::ServerUnaryReactor* ServiceAdminService::ListServices(grpc::CallbackServerContext* context,
                                                            const grpc::ByteBuffer* request,
                                                            grpc::ByteBuffer* response) {
  return Unary<v1::ListServicesRequest, v1::ListServicesResponse>(
      context, request, response,
      [this](v1::ListServicesRequest asked, Answer<v1::ListServicesResponse> answer) {
        RunOnPool(admin_.pool, std::move(answer),
                  [this, asked = std::move(asked)] { return admin_.system.ListServices(asked); });
      });
}

}  // namespace pavane::rpc
