#include "rpc/system_admin_service.h"

#include <utility>

#include "rpc/unary.h"

namespace pavane::rpc {

namespace v1 = pavane::admin::v1;

grpc::ServerUnaryReactor* SystemAdminService::GetStats(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request,
                                                       grpc::ByteBuffer* response) {
  return Unary<v1::GetStatsRequest, v1::GetStatsResponse>(
      context, request, response,
      [this](const v1::GetStatsRequest&, Answer<v1::GetStatsResponse> answer) {
        RunOnPool(admin_.pool, std::move(answer), [this] { return admin_.system.GetStats(); });
      });
}

grpc::ServerUnaryReactor* SystemAdminService::ListTargetStats(grpc::CallbackServerContext* context,
                                                              const grpc::ByteBuffer* request,
                                                              grpc::ByteBuffer* response) {
  return Unary<v1::ListTargetStatsRequest, v1::ListTargetStatsResponse>(
      context, request, response,
      [this](v1::ListTargetStatsRequest asked, Answer<v1::ListTargetStatsResponse> answer) {
        RunOnPool(admin_.pool, std::move(answer), [this, asked = std::move(asked)] {
          return admin_.system.ListTargetStats(asked);
        });
      });
}

}  // namespace pavane::rpc
