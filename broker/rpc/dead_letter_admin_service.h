#ifndef PAVANE_RPC_DEAD_LETTER_ADMIN_SERVICE_H_
#define PAVANE_RPC_DEAD_LETTER_ADMIN_SERVICE_H_

#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"

#include "pavane/admin/v1/dead_letter.grpc.pb.h"
#include "rpc/admin_context.h"

namespace pavane::rpc {

using RawDeadLetterAdminService =
    pavane::admin::v1::DeadLetterAdmin::WithRawCallbackMethod_ListDeadLetters<
        pavane::admin::v1::DeadLetterAdmin::WithRawCallbackMethod_GetDeadLetter<
            pavane::admin::v1::DeadLetterAdmin::WithRawCallbackMethod_RedriveDeadLetters<
                pavane::admin::v1::DeadLetterAdmin::WithRawCallbackMethod_SkipDeadLetters<
                    pavane::admin::v1::DeadLetterAdmin::WithRawCallbackMethod_PurgeDeadLetters<
                        pavane::admin::v1::DeadLetterAdmin::Service>>>>>;

/// The door for dead letters: translates, nothing else.
class DeadLetterAdminService : public RawDeadLetterAdminService {
 public:
  /// `context` outlives the service.
  explicit DeadLetterAdminService(AdminContext& context) : admin_(context) {}

  grpc::ServerUnaryReactor* ListDeadLetters(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* request,
                                            grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetDeadLetter(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* RedriveDeadLetters(grpc::CallbackServerContext* context,
                                               const grpc::ByteBuffer* request,
                                               grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* SkipDeadLetters(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* request,
                                            grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* PurgeDeadLetters(grpc::CallbackServerContext* context,
                                             const grpc::ByteBuffer* request,
                                             grpc::ByteBuffer* response) override;

 private:
  AdminContext& admin_;
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_DEAD_LETTER_ADMIN_SERVICE_H_
