#include "rpc/event_admin_service.h"

#include <utility>

#include "rpc/tail_call.h"
#include "rpc/unary.h"

namespace pavane::rpc {

namespace v1 = pavane::admin::v1;

grpc::ServerUnaryReactor* EventAdminService::GetEvent(grpc::CallbackServerContext* context,
                                                      const grpc::ByteBuffer* request,
                                                      grpc::ByteBuffer* response) {
  return Unary<v1::GetEventRequest, v1::GetEventResponse>(
      context, request, response,
      [this](v1::GetEventRequest asked, Answer<v1::GetEventResponse> answer) {
        RunOnPool(admin_.pool, std::move(answer),
                  [this, asked = std::move(asked)] { return admin_.events.Get(asked); });
      });
}

grpc::ServerUnaryReactor* EventAdminService::ListEvents(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request,
                                                        grpc::ByteBuffer* response) {
  return Unary<v1::ListEventsRequest, v1::ListEventsResponse>(
      context, request, response,
      [this](v1::ListEventsRequest asked, Answer<v1::ListEventsResponse> answer) {
        RunOnPool(admin_.pool, std::move(answer),
                  [this, asked = std::move(asked)] { return admin_.events.List(asked); });
      });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* EventAdminService::TailEvents(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return TailCall::Start(context, admin_, *request);
}

}  // namespace pavane::rpc
