#include "rpc/pooled_write_call.h"

#include <utility>

#include "ingress/gate.h"
#include "rpc/grpc_status.h"

namespace pavane::rpc {

grpc::ServerWriteReactor<grpc::ByteBuffer>* PooledWriteCall::Begin(
    std::shared_ptr<PooledWriteCall> call, const absl::Status& parsed) {
  call->self_ = call;
  call->weak_self_ = call;
  if (parsed.ok()) {
    call->Schedule();
  } else {
    call->FinishOnce(parsed);
  }
  return call.get();
}

void PooledWriteCall::Schedule() {
  auto self = weak_self_.lock();
  if (self == nullptr) return;  // over
  const bool queued = pool_.Run([self] {
    if (!self->finished()) self->Step();
  });
  if (!queued) FinishOnce(ingress::Overloaded());
}

void PooledWriteCall::Write(grpc::ByteBuffer message, bool last) {
  MutexLock lock(mu_);
  if (finished_) return;
  out_ = std::move(message);
  last_ = last;
  StartWrite(&out_);
}

void PooledWriteCall::OnWriteDone(bool ok) {
  if (!ok) return FinishOnce(absl::CancelledError("the client is gone"));
  if (last_) return FinishOnce(absl::OkStatus());
  Schedule();
}

void PooledWriteCall::FinishOnce(const absl::Status& status) {
  MutexLock lock(mu_);
  if (finished_) return;
  finished_ = true;
  Finish(ToGrpcStatus(status, context_));
}

bool PooledWriteCall::finished() {
  MutexLock lock(mu_);
  return finished_;
}

void PooledWriteCall::OnCancel() { FinishOnce(absl::CancelledError("the call was cancelled")); }

void PooledWriteCall::OnDone() { std::exchange(self_, nullptr).reset(); }

}  // namespace pavane::rpc
