#include "rpc/subscriber_service.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "admin/names.h"
#include "base/status_macros.h"
#include "event/reason.h"
#include "rpc/lease_translation.h"
#include "rpc/pull_call.h"
#include "rpc/subscribe_stream.h"
#include "rpc/unary.h"

namespace pavane::rpc {
namespace {

using pavane::v1::ExtendLeaseRequest;
using pavane::v1::ExtendLeaseResponse;
using pavane::v1::SettleRequest;
using pavane::v1::SettleResponse;

absl::Status CheckCall(const std::string& service, int items) {
  RETURN_IF_ERROR(admin::CheckServiceName(service));
  if (items > kItemsPerCallMax) {
    return event::Invalid(
        pavane::v1::BATCH_TOO_LARGE,
        absl::StrCat("the call has ", items, " items; at most ", kItemsPerCallMax));
  }
  return absl::OkStatus();
}

}  // namespace

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* SubscriberService::Subscribe(
    grpc::CallbackServerContext* context) {
  return SubscribeStream::Open(context, broker_).get();
}

grpc::ServerUnaryReactor* SubscriberService::Pull(grpc::CallbackServerContext* context,
                                                  const grpc::ByteBuffer* request,
                                                  grpc::ByteBuffer* response) {
  return PullCall::Start(context, broker_.dispatcher, *request, response);
}

grpc::ServerUnaryReactor* SubscriberService::Settle(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request,
                                                    grpc::ByteBuffer* response) {
  return Unary<SettleRequest, SettleResponse>(
      context, request, response, [this](SettleRequest settle, Answer<SettleResponse> answer) {
        const absl::Status bad = CheckCall(settle.service(), settle.settlements_size());
        if (!bad.ok()) return answer(bad);
        broker_.settler.Settle(settle.service(), std::move(*settle.mutable_settlements()),
                               [answer](ingress::Settler::Results results) {
                                 SettleResponse settled;
                                 for (auto& result : results) {
                                   *settled.add_results() = std::move(result);
                                 }
                                 answer(std::move(settled));
                               });
      });
}

grpc::ServerUnaryReactor* SubscriberService::ExtendLease(grpc::CallbackServerContext* context,
                                                         const grpc::ByteBuffer* request,
                                                         grpc::ByteBuffer* response) {
  return Unary<ExtendLeaseRequest, ExtendLeaseResponse>(
      context, request, response,
      [this](const ExtendLeaseRequest& extend, Answer<ExtendLeaseResponse> answer) {
        const absl::Status bad = CheckCall(extend.service(), extend.items_size());
        if (!bad.ok()) return answer(bad);
        broker_.dispatcher.Extend(extend.service(), TranslateExtend(extend.items()),
                                  [answer](const std::vector<delivery::ExtendAnswer>& answers) {
                                    ExtendLeaseResponse extended;
                                    for (const auto& one : answers) {
                                      *extended.add_results() = TranslateExtendAnswer(one);
                                    }
                                    answer(std::move(extended));
                                  });
      });
}

}  // namespace pavane::rpc
