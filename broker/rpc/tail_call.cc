#include "rpc/tail_call.h"

#include <utility>
#include <vector>

#include "rpc/grpc_status.h"
#include "rpc/wire.h"

namespace pavane::rpc {

grpc::ServerWriteReactor<grpc::ByteBuffer>* TailCall::Start(grpc::CallbackServerContext* context,
                                                            AdminContext& admin,
                                                            const grpc::ByteBuffer& request) {
  auto call = std::make_shared<TailCall>(context, admin);
  call->self_ = call;
  call->weak_self_ = call;
  const absl::Status parsed = Parse(request, &call->request_);
  if (parsed.ok()) {
    call->Schedule();
  } else {
    call->FinishOnce(parsed);
  }
  return call.get();
}

void TailCall::Schedule() {
  auto self = weak_self_.lock();
  if (self == nullptr) return;  // over
  if (!admin_.pool.Run([self] { self->Read(); })) FinishOnce(ingress::Overloaded());
}

void TailCall::Read() {
  if (tail_ == nullptr) {
    auto tail = admin_.events.StartTail(request_);
    if (!tail.ok()) return FinishOnce(tail.status());
    tail_ = *std::move(tail);
  }
  while (true) {
    bool at_end = false;
    auto events = admin_.events.ReadTail(*tail_, &at_end);
    if (!events.ok()) return FinishOnce(events.status());
    if (!events->empty()) {
      pavane::admin::v1::TailEventsResponse response;
      for (auto& event : *events) *response.add_events() = std::move(event);
      MutexLock lock(mu_);
      if (finished_) return;
      out_ = Serialize(response);
      StartWrite(&out_);
      return;
    }
    if (at_end) break;
  }
  {
    MutexLock lock(mu_);
    if (finished_) return;
  }
  admin_.tails.Wait([weak = weak_self_] {
    if (auto self = weak.lock()) self->Schedule();
  });
  // What was appended between the read and the wait woke nobody.
  if (admin_.events.HasMore(*tail_)) admin_.tails.NotifyAppended();
}

void TailCall::OnWriteDone(bool ok) {
  if (ok) {
    Schedule();
  } else {
    FinishOnce(absl::CancelledError("the client is gone"));
  }
}

void TailCall::FinishOnce(const absl::Status& status) {
  MutexLock lock(mu_);
  if (finished_) return;
  finished_ = true;
  Finish(ToGrpcStatus(status, context_));
}

void TailCall::OnCancel() { FinishOnce(absl::CancelledError("the call was cancelled")); }

void TailCall::OnDone() { std::exchange(self_, nullptr).reset(); }

}  // namespace pavane::rpc
