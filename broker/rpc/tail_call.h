#ifndef PAVANE_RPC_TAIL_CALL_H_
#define PAVANE_RPC_TAIL_CALL_H_

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

#include "admin/event_admin.h"
#include "base/mutex.h"
#include "rpc/admin_context.h"

namespace pavane::rpc {

/// One TailEvents call: reads the bus on the pool, as far as it has grown, writes, and waits at the
/// end for more. Reads at the client's pace; one that is too slow is cut off.
class TailCall : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Start(grpc::CallbackServerContext* context,
                                                           AdminContext& admin,
                                                           const grpc::ByteBuffer& request);

  TailCall(grpc::CallbackServerContext* context, AdminContext& admin)
      : context_(context), admin_(admin) {}

 private:
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  /// Reads the next events on the pool.
  void Schedule();
  void Read() ABSL_LOCKS_EXCLUDED(mu_);
  void FinishOnce(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mu_);

  grpc::CallbackServerContext* const context_;
  AdminContext& admin_;
  std::shared_ptr<TailCall> self_;
  std::weak_ptr<TailCall> weak_self_;
  pavane::admin::v1::TailEventsRequest request_;
  std::unique_ptr<admin::EventTail> tail_;  // by the one read or write under way
  grpc::ByteBuffer out_;

  // Held while an operation is started, so that none starts after Finish.
  Mutex mu_;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_TAIL_CALL_H_
