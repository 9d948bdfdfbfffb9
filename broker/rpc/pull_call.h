#ifndef PAVANE_RPC_PULL_CALL_H_
#define PAVANE_RPC_PULL_CALL_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

#include "base/mutex.h"
#include "delivery/dispatcher.h"
#include "pavane/v1/subscriber.pb.h"
#include "targets/session.h"

namespace pavane::rpc {

/// One Pull call. When the client has gone before the deliveries come, they are released at once,
/// so that nobody waits for their leases.
class PullCall : public grpc::ServerUnaryReactor {
 public:
  static grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context,
                                         delivery::Dispatcher& dispatcher,
                                         const grpc::ByteBuffer& request,
                                         grpc::ByteBuffer* response);

  PullCall(grpc::CallbackServerContext* context, delivery::Dispatcher& dispatcher,
           grpc::ByteBuffer* response)
      : context_(context), dispatcher_(dispatcher), response_(response) {}

 private:
  void OnCancel() override;
  void OnDone() override;
  void Run(const grpc::ByteBuffer& request);
  void OnDeliveries(const std::string& service, std::vector<targets::OutgoingDelivery> deliveries)
      ABSL_LOCKS_EXCLUDED(mu_);
  void FinishOnce(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mu_);

  grpc::CallbackServerContext* const context_;
  delivery::Dispatcher& dispatcher_;
  grpc::ByteBuffer* const response_;
  std::shared_ptr<PullCall> self_;
  std::weak_ptr<PullCall> weak_self_;

  Mutex mu_;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_PULL_CALL_H_
