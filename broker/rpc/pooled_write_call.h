#ifndef PAVANE_RPC_POOLED_WRITE_CALL_H_
#define PAVANE_RPC_POOLED_WRITE_CALL_H_

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

#include "base/mutex.h"
#include "rpc/work_pool.h"

namespace pavane::rpc {

/// A call that is answered by many messages. Each is made by a step on the pool, and the next step
/// queues up behind whatever else waits for the pool when the client has taken the message: the
/// call goes at the client's pace, and holds no thread meanwhile.
class PooledWriteCall : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  /// Runs the first step, or ends the call if its request could not be `parsed`. The call owns
  /// itself until gRPC is done with it.
  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Begin(std::shared_ptr<PooledWriteCall> call,
                                                           const absl::Status& parsed);

 protected:
  /// `pool` outlives the call.
  PooledWriteCall(grpc::CallbackServerContext* context, WorkPool& pool)
      : context_(context), pool_(pool) {}

  /// One piece of work, on the pool; never two at a time. Ends by Write, by FinishOnce, or by
  /// seeing to it that Schedule is called when there is more to do.
  virtual void Step() = 0;

  /// The next step, on the pool.
  void Schedule() ABSL_LOCKS_EXCLUDED(mu_);
  /// `last`: the call ends well when the client has taken it.
  void Write(grpc::ByteBuffer message, bool last = false) ABSL_LOCKS_EXCLUDED(mu_);
  void FinishOnce(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mu_);
  bool finished() ABSL_LOCKS_EXCLUDED(mu_);
  /// Null when the call is over.
  std::weak_ptr<PooledWriteCall> weak_self() const { return weak_self_; }

 private:
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  grpc::CallbackServerContext* const context_;
  WorkPool& pool_;
  std::shared_ptr<PooledWriteCall> self_;
  std::weak_ptr<PooledWriteCall> weak_self_;
  // By the one write under way.
  grpc::ByteBuffer out_;
  bool last_ = false;

  // Held while an operation is started, so that none starts after Finish.
  Mutex mu_;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_POOLED_WRITE_CALL_H_
