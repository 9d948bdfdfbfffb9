#ifndef PAVANE_RPC_RULE_ADMIN_SERVICE_H_
#define PAVANE_RPC_RULE_ADMIN_SERVICE_H_

#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"

#include "pavane/admin/v1/rule.grpc.pb.h"
#include "rpc/admin_context.h"

namespace pavane::rpc {

template <typename Base>
using RawRuleReads = pavane::admin::v1::RuleAdmin::WithRawCallbackMethod_GetRule<
    pavane::admin::v1::RuleAdmin::WithRawCallbackMethod_ListRules<
        pavane::admin::v1::RuleAdmin::WithRawCallbackMethod_TestPattern<
            pavane::admin::v1::RuleAdmin::WithRawCallbackMethod_ExplainMatch<
                pavane::admin::v1::RuleAdmin::WithRawCallbackMethod_PreviewRule<Base>>>>>;
template <typename Base>
using RawRuleChanges = pavane::admin::v1::RuleAdmin::WithRawCallbackMethod_PutRule<
    pavane::admin::v1::RuleAdmin::WithRawCallbackMethod_PutRules<
        pavane::admin::v1::RuleAdmin::WithRawCallbackMethod_DeleteRule<
            pavane::admin::v1::RuleAdmin::WithRawCallbackMethod_EnableRule<
                pavane::admin::v1::RuleAdmin::WithRawCallbackMethod_DisableRule<
                    pavane::admin::v1::RuleAdmin::WithRawCallbackMethod_PauseTarget<
                        pavane::admin::v1::RuleAdmin::WithRawCallbackMethod_ResumeTarget<
                            Base>>>>>>>;
using RawRuleAdminService = RawRuleReads<RawRuleChanges<pavane::admin::v1::RuleAdmin::Service>>;

/// The door for rules: translates, nothing else.
class RuleAdminService : public RawRuleAdminService {
 public:
  using Context = grpc::CallbackServerContext;
  using Bytes = grpc::ByteBuffer;
  using Reactor = grpc::ServerUnaryReactor;

  /// `context` outlives the service.
  explicit RuleAdminService(AdminContext& context) : admin_(context) {}

  Reactor* PutRule(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* PutRules(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* GetRule(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* ListRules(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* EnableRule(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* DisableRule(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* DeleteRule(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* PauseTarget(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* ResumeTarget(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* TestPattern(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* ExplainMatch(Context* context, const Bytes* request, Bytes* response) override;
  grpc::ServerWriteReactor<Bytes>* PreviewRule(Context* context, const Bytes* request) override;

 private:
  AdminContext& admin_;
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_RULE_ADMIN_SERVICE_H_
