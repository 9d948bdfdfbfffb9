#ifndef PAVANE_ADMIN_RULE_ADMIN_H_
#define PAVANE_ADMIN_RULE_ADMIN_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"

#include "admin/catalog_editor.h"
#include "pavane/admin/v1/rule.pb.h"

namespace pavane::admin {

/// Rules with their targets: what pavane.admin.v1.RuleAdmin does. Names, limits and patterns are
/// checked on the caller's thread, the rest on the writer's, from which changes are answered.
class RuleAdmin {
 public:
  template <typename Response>
  using Callback = std::function<void(absl::StatusOr<Response>)>;

  explicit RuleAdmin(CatalogEditor& editor) : editor_(editor) {}

  void Put(const pavane::admin::v1::PutRuleRequest& request,
           Callback<pavane::admin::v1::PutRuleResponse> callback);
  void PutMany(const pavane::admin::v1::PutRulesRequest& request,
               Callback<pavane::admin::v1::PutRulesResponse> callback);
  void Delete(const pavane::admin::v1::DeleteRuleRequest& request,
              Callback<pavane::admin::v1::DeleteRuleResponse> callback);
  void SetState(const std::string& bus, const std::string& rule,
                pavane::admin::v1::Rule::State state,
                std::function<void(const absl::Status&)> callback);
  void SetPaused(const std::string& bus, const std::string& rule, const std::string& target,
                 bool paused, std::function<void(const absl::Status&)> callback);

  absl::StatusOr<pavane::admin::v1::GetRuleResponse> Get(
      const pavane::admin::v1::GetRuleRequest& request) const;
  absl::StatusOr<pavane::admin::v1::ListRulesResponse> List(
      const pavane::admin::v1::ListRulesRequest& request) const;

 private:
  /// Checks the rule and adds its parsed pattern.
  absl::Status Check(const pavane::admin::v1::Rule& rule, ingress::ParsedPatterns* patterns) const;

  CatalogEditor& editor_;
};

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_RULE_ADMIN_H_
