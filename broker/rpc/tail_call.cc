#include "rpc/tail_call.h"

#include <utility>
#include <vector>

#include "rpc/wire.h"

namespace pavane::rpc {

grpc::ServerWriteReactor<grpc::ByteBuffer>* TailCall::Start(grpc::CallbackServerContext* context,
                                                            AdminContext& admin,
                                                            const grpc::ByteBuffer& request) {
  auto call = std::make_shared<TailCall>(context, admin);
  const absl::Status parsed = Parse(request, &call->request_);
  return Begin(std::move(call), parsed);
}

void TailCall::Step() {
  if (tail_ == nullptr) {
    auto tail = admin_.events.StartTail(request_);
    if (!tail.ok()) return FinishOnce(tail.status());
    tail_ = *std::move(tail);
  }
  while (!finished()) {
    bool at_end = false;
    auto events = admin_.events.ReadTail(*tail_, &at_end);
    if (!events.ok()) return FinishOnce(events.status());
    if (!events->empty()) {
      pavane::admin::v1::TailEventsResponse response;
      for (auto& event : *events) *response.add_events() = std::move(event);
      return Write(Serialize(response));
    }
    if (at_end) return AwaitMore();
  }
}

void TailCall::AwaitMore() {
  admin_.tails.Wait([weak = weak_self()] {
    if (auto self = weak.lock()) static_cast<TailCall&>(*self).Schedule();
  });
  // What was appended between the read and the wait woke nobody.
  if (admin_.events.HasMore(*tail_)) admin_.tails.NotifyAppended();
}

}  // namespace pavane::rpc
