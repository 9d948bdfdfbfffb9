#ifndef PAVANE_RPC_PREVIEW_CALL_H_
#define PAVANE_RPC_PREVIEW_CALL_H_

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

#include "admin/preview.h"
#include "base/mutex.h"
#include "rpc/admin_context.h"

namespace pavane::rpc {

/// One PreviewRule call: judges a piece of the bus on the pool, writes what was found, and queues
/// up for the next piece behind whatever else waits for the pool. Goes at the client's pace.
class PreviewCall : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Start(grpc::CallbackServerContext* context,
                                                           AdminContext& admin,
                                                           const grpc::ByteBuffer& request);

  PreviewCall(grpc::CallbackServerContext* context, AdminContext& admin)
      : context_(context), admin_(admin) {}

 private:
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  /// The next piece, on the pool.
  void Schedule();
  void Step() ABSL_LOCKS_EXCLUDED(mu_);
  void FinishOnce(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mu_);

  grpc::CallbackServerContext* const context_;
  AdminContext& admin_;
  std::shared_ptr<PreviewCall> self_;
  std::weak_ptr<PreviewCall> weak_self_;
  // By the one step or write under way.
  pavane::admin::v1::PreviewRuleRequest request_;
  std::unique_ptr<admin::PreviewRun> run_;
  bool done_ = false;
  grpc::ByteBuffer out_;

  // Held while an operation is started, so that none starts after Finish.
  Mutex mu_;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_PREVIEW_CALL_H_
