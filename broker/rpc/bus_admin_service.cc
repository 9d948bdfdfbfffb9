#include "rpc/bus_admin_service.h"

#include <utility>

#include "rpc/unary.h"

namespace pavane::rpc {

namespace v1 = pavane::admin::v1;

grpc::ServerUnaryReactor* BusAdminService::PutBus(grpc::CallbackServerContext* context,
                                                  const grpc::ByteBuffer* request,
                                                  grpc::ByteBuffer* response) {
  return Unary<v1::PutBusRequest, v1::PutBusResponse>(
      context, request, response,
      [this](v1::PutBusRequest asked, Answer<v1::PutBusResponse> answer) {
        admin_.buses.Put(asked, std::move(answer));
      });
}

grpc::ServerUnaryReactor* BusAdminService::GetBus(grpc::CallbackServerContext* context,
                                                  const grpc::ByteBuffer* request,
                                                  grpc::ByteBuffer* response) {
  return Unary<v1::GetBusRequest, v1::GetBusResponse>(
      context, request, response,
      [this](v1::GetBusRequest asked, Answer<v1::GetBusResponse> answer) {
        RunOnPool(admin_.pool, std::move(answer),
                  [this, asked = std::move(asked)] { return admin_.buses.Get(asked); });
      });
}

grpc::ServerUnaryReactor* BusAdminService::ListBuses(grpc::CallbackServerContext* context,
                                                     const grpc::ByteBuffer* request,
                                                     grpc::ByteBuffer* response) {
  return Unary<v1::ListBusesRequest, v1::ListBusesResponse>(
      context, request, response,
      [this](v1::ListBusesRequest asked, Answer<v1::ListBusesResponse> answer) {
        RunOnPool(admin_.pool, std::move(answer),
                  [this, asked = std::move(asked)] { return admin_.buses.List(asked); });
      });
}

grpc::ServerUnaryReactor* BusAdminService::DeleteBus(grpc::CallbackServerContext* context,
                                                     const grpc::ByteBuffer* request,
                                                     grpc::ByteBuffer* response) {
  return Unary<v1::DeleteBusRequest, v1::DeleteBusResponse>(
      context, request, response,
      [this](v1::DeleteBusRequest asked, Answer<v1::DeleteBusResponse> answer) {
        admin_.buses.Delete(asked, std::move(answer));
      });
}

}  // namespace pavane::rpc
