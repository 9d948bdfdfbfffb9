#include "rpc/preview_call.h"

#include <utility>

#include "rpc/grpc_status.h"
#include "rpc/wire.h"

namespace pavane::rpc {

grpc::ServerWriteReactor<grpc::ByteBuffer>* PreviewCall::Start(grpc::CallbackServerContext* context,
                                                               AdminContext& admin,
                                                               const grpc::ByteBuffer& request) {
  auto call = std::make_shared<PreviewCall>(context, admin);
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

void PreviewCall::Schedule() {
  auto self = weak_self_.lock();
  if (self == nullptr) return;  // over
  if (!admin_.pool.Run([self] { self->Step(); })) FinishOnce(ingress::Overloaded());
}

void PreviewCall::Step() {
  {
    MutexLock lock(mu_);
    if (finished_) return;
  }
  if (run_ == nullptr) {
    auto run = admin_.previewer.Start(request_);
    if (!run.ok()) return FinishOnce(run.status());
    run_ = *std::move(run);
  }
  const auto found = admin_.previewer.Step(*run_);
  if (!found.ok()) return FinishOnce(found.status());
  done_ = found->done();
  MutexLock lock(mu_);
  if (finished_) return;
  out_ = Serialize(*found);
  StartWrite(&out_);
}

void PreviewCall::OnWriteDone(bool ok) {
  if (!ok) return FinishOnce(absl::CancelledError("the client is gone"));
  if (done_) return FinishOnce(absl::OkStatus());
  Schedule();
}

void PreviewCall::FinishOnce(const absl::Status& status) {
  MutexLock lock(mu_);
  if (finished_) return;
  finished_ = true;
  Finish(ToGrpcStatus(status, context_));
}

void PreviewCall::OnCancel() { FinishOnce(absl::CancelledError("the call was cancelled")); }

void PreviewCall::OnDone() { std::exchange(self_, nullptr).reset(); }

}  // namespace pavane::rpc
