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

grpc::ServerUnaryReactor* EventAdminService::ListScheduledEvents(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary<v1::ListScheduledEventsRequest, v1::ListScheduledEventsResponse>(
      context, request, response,
      [this](v1::ListScheduledEventsRequest asked, Answer<v1::ListScheduledEventsResponse> answer) {
        RunOnPool(admin_.pool, std::move(answer),
                  [this, asked = std::move(asked)] { return admin_.scheduled.List(asked); });
      });
}

grpc::ServerUnaryReactor* EventAdminService::CancelScheduledEvents(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Unary<v1::CancelScheduledEventsRequest, v1::CancelScheduledEventsResponse>(
      context, request, response,
      [this](v1::CancelScheduledEventsRequest asked,
             Answer<v1::CancelScheduledEventsResponse> answer) {
        StartOnPool(
            admin_.pool, std::move(answer),
            [this, asked = std::move(asked)](Answer<v1::CancelScheduledEventsResponse> later) {
              admin_.scheduled.Cancel(asked, std::move(later));
            });
      });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* EventAdminService::TailEvents(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return TailCall::Start(context, admin_, *request);
}

}  // namespace pavane::rpc
