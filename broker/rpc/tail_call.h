#ifndef PAVANE_RPC_TAIL_CALL_H_
#define PAVANE_RPC_TAIL_CALL_H_

#include <memory>

#include "admin/event_admin.h"
#include "rpc/admin_context.h"
#include "rpc/pooled_write_call.h"

namespace pavane::rpc {

/// One TailEvents call: a step reads the bus as far as it has grown and writes the events, or waits
/// at the end for more. A client that is too slow is cut off.
class TailCall final : public PooledWriteCall {
 public:
  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Start(grpc::CallbackServerContext* context,
                                                           AdminContext& admin,
                                                           const grpc::ByteBuffer& request);

  TailCall(grpc::CallbackServerContext* context, AdminContext& admin)
      : PooledWriteCall(context, admin.pool), admin_(admin) {}

 private:
  void Step() override;
  void AwaitMore();

  AdminContext& admin_;
  pavane::admin::v1::TailEventsRequest request_;
  std::unique_ptr<admin::EventTail> tail_;
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_TAIL_CALL_H_
