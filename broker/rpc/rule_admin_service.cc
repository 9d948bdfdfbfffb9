#include "rpc/rule_admin_service.h"

#include <utility>

#include "rpc/preview_call.h"
#include "rpc/unary.h"

namespace pavane::rpc {
namespace {

namespace v1 = pavane::admin::v1;

// An answer that has no content but success.
template <typename Response>
std::function<void(const absl::Status&)> Empty(Answer<Response> answer) {
  return [answer = std::move(answer)](const absl::Status& status) {
    if (status.ok()) {
      answer(Response());
    } else {
      answer(status);
    }
  };
}

}  // namespace

grpc::ServerUnaryReactor* RuleAdminService::PutRule(Context* context, const Bytes* request,
                                                    Bytes* response) {
  return Unary<v1::PutRuleRequest, v1::PutRuleResponse>(
      context, request, response,
      [this](const v1::PutRuleRequest& asked, Answer<v1::PutRuleResponse> answer) {
        admin_.rules.Put(asked, std::move(answer));
      });
}

grpc::ServerUnaryReactor* RuleAdminService::PutRules(Context* context, const Bytes* request,
                                                     Bytes* response) {
  return Unary<v1::PutRulesRequest, v1::PutRulesResponse>(
      context, request, response,
      [this](v1::PutRulesRequest asked, Answer<v1::PutRulesResponse> answer) {
        StartOnPool(admin_.pool, std::move(answer),
                    [this, asked = std::move(asked)](Answer<v1::PutRulesResponse> later) {
                      admin_.rules.PutMany(asked, std::move(later));
                    });
      });
}

grpc::ServerUnaryReactor* RuleAdminService::GetRule(Context* context, const Bytes* request,
                                                    Bytes* response) {
  return Unary<v1::GetRuleRequest, v1::GetRuleResponse>(
      context, request, response,
      [this](const v1::GetRuleRequest& asked, const Answer<v1::GetRuleResponse>& answer) {
        answer(admin_.rules.Get(asked));
      });
}

grpc::ServerUnaryReactor* RuleAdminService::ListRules(Context* context, const Bytes* request,
                                                      Bytes* response) {
  return Unary<v1::ListRulesRequest, v1::ListRulesResponse>(
      context, request, response,
      [this](v1::ListRulesRequest asked, Answer<v1::ListRulesResponse> answer) {
        RunOnPool(admin_.pool, std::move(answer),
                  [this, asked = std::move(asked)] { return admin_.rules.List(asked); });
      });
}

grpc::ServerUnaryReactor* RuleAdminService::EnableRule(Context* context, const Bytes* request,
                                                       Bytes* response) {
  return Unary<v1::EnableRuleRequest, v1::EnableRuleResponse>(
      context, request, response,
      [this](const v1::EnableRuleRequest& asked, Answer<v1::EnableRuleResponse> answer) {
        admin_.rules.SetState(asked.bus(), asked.name(), v1::Rule::ENABLED,
                              Empty(std::move(answer)));
      });
}

grpc::ServerUnaryReactor* RuleAdminService::DisableRule(Context* context, const Bytes* request,
                                                        Bytes* response) {
  return Unary<v1::DisableRuleRequest, v1::DisableRuleResponse>(
      context, request, response,
      [this](const v1::DisableRuleRequest& asked, Answer<v1::DisableRuleResponse> answer) {
        admin_.rules.SetState(asked.bus(), asked.name(), v1::Rule::DISABLED,
                              Empty(std::move(answer)));
      });
}

grpc::ServerUnaryReactor* RuleAdminService::DeleteRule(Context* context, const Bytes* request,
                                                       Bytes* response) {
  return Unary<v1::DeleteRuleRequest, v1::DeleteRuleResponse>(
      context, request, response,
      [this](const v1::DeleteRuleRequest& asked, Answer<v1::DeleteRuleResponse> answer) {
        admin_.rules.Delete(asked, std::move(answer));
      });
}

grpc::ServerUnaryReactor* RuleAdminService::PauseTarget(Context* context, const Bytes* request,
                                                        Bytes* response) {
  return Unary<v1::PauseTargetRequest, v1::PauseTargetResponse>(
      context, request, response,
      [this](const v1::PauseTargetRequest& asked, Answer<v1::PauseTargetResponse> answer) {
        admin_.rules.SetPaused(asked.bus(), asked.rule(), asked.target(), true,
                               Empty(std::move(answer)));
      });
}

grpc::ServerUnaryReactor* RuleAdminService::ResumeTarget(Context* context, const Bytes* request,
                                                         Bytes* response) {
  return Unary<v1::ResumeTargetRequest, v1::ResumeTargetResponse>(
      context, request, response,
      [this](const v1::ResumeTargetRequest& asked, Answer<v1::ResumeTargetResponse> answer) {
        admin_.rules.SetPaused(asked.bus(), asked.rule(), asked.target(), false,
                               Empty(std::move(answer)));
      });
}

grpc::ServerUnaryReactor* RuleAdminService::TestPattern(Context* context, const Bytes* request,
                                                        Bytes* response) {
  return Unary<v1::TestPatternRequest, v1::TestPatternResponse>(
      context, request, response,
      [this](v1::TestPatternRequest asked, Answer<v1::TestPatternResponse> answer) {
        RunOnPool(admin_.pool, std::move(answer),
                  [this, asked = std::move(asked)] { return admin_.events.TestPattern(asked); });
      });
}

grpc::ServerUnaryReactor* RuleAdminService::ExplainMatch(Context* context, const Bytes* request,
                                                         Bytes* response) {
  return Unary<v1::ExplainMatchRequest, v1::ExplainMatchResponse>(
      context, request, response,
      [this](v1::ExplainMatchRequest asked, Answer<v1::ExplainMatchResponse> answer) {
        RunOnPool(admin_.pool, std::move(answer),
                  [this, asked = std::move(asked)] { return admin_.explainer.Explain(asked); });
      });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* RuleAdminService::PreviewRule(Context* context,
                                                                          const Bytes* request) {
  return PreviewCall::Start(context, admin_, *request);
}

}  // namespace pavane::rpc
