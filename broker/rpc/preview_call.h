#ifndef PAVANE_RPC_PREVIEW_CALL_H_
#define PAVANE_RPC_PREVIEW_CALL_H_

#include <memory>

#include "admin/preview.h"
#include "rpc/admin_context.h"
#include "rpc/pooled_write_call.h"

namespace pavane::rpc {

/// One PreviewRule call: a step judges a piece of the bus and writes what was found.
class PreviewCall final : public PooledWriteCall {
 public:
  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Start(grpc::CallbackServerContext* context,
                                                           AdminContext& admin,
                                                           const grpc::ByteBuffer& request);

  PreviewCall(grpc::CallbackServerContext* context, AdminContext& admin)
      : PooledWriteCall(context, admin.pool), admin_(admin) {}

 private:
  void Step() override;

  AdminContext& admin_;
  pavane::admin::v1::PreviewRuleRequest request_;
  std::unique_ptr<admin::PreviewRun> run_;
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_PREVIEW_CALL_H_
