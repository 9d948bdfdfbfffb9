#include "rpc/raw_stream.h"

#include <utility>

#include "rpc/grpc_status.h"

namespace pavane::rpc {

void RawStream::Begin(std::shared_ptr<RawStream> self) {
  self_ = std::move(self);
  ReadOn();
}

void RawStream::ReadOn() {
  MutexLock lock(mu_);
  if (!finished_) StartRead(&in_);
}

void RawStream::OnReadDone(bool ok) {
  if (!ok) return OnHalfClose();
  if (OnMessage(in_)) ReadOn();
}

void RawStream::Pump() {
  {
    MutexLock lock(mu_);
    if (finished_) return;
    pump_again_ = true;
    if (writing_) return;
    writing_ = true;
  }
  WriteNext();
}

void RawStream::WriteNext() {
  while (true) {
    {
      MutexLock lock(mu_);
      pump_again_ = false;
    }
    const bool something = BuildMessage(&out_);
    MutexLock lock(mu_);
    if (finished_) return;
    if (something) {
      StartWrite(&out_);
      return;
    }
    if (pump_again_) continue;
    writing_ = false;
    if (finish_after_writes_) {
      finished_ = true;
      Finish(ToGrpcStatus(*finish_after_writes_, context_));
    }
    return;
  }
}

void RawStream::OnWriteDone(bool ok) {
  if (!ok) return FinishNow(absl::CancelledError("the client is gone"));
  WriteNext();
}

void RawStream::FinishAfterWrites(const absl::Status& status) {
  {
    MutexLock lock(mu_);
    if (finish_after_writes_) return;
    finish_after_writes_ = status;
  }
  Pump();
}

void RawStream::FinishNow(const absl::Status& status) {
  MutexLock lock(mu_);
  if (finished_) return;
  finished_ = true;
  Finish(ToGrpcStatus(status, context_));
}

void RawStream::OnCancel() {
  {
    MutexLock lock(mu_);
    cancelled_ = true;
  }
  FinishNow(absl::CancelledError("the call was cancelled"));
}

void RawStream::OnDone() {
  bool cancelled = false;
  {
    MutexLock lock(mu_);
    cancelled = cancelled_;
    finished_ = true;
  }
  OnEnd(cancelled);
  self_.reset();
}

}  // namespace pavane::rpc
