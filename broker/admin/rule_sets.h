#ifndef PAVANE_ADMIN_RULE_SETS_H_
#define PAVANE_ADMIN_RULE_SETS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "admin/catalog_editor.h"
#include "pavane/v1/rules.pb.h"
#include "pavane/v1/subscriber.pb.h"

namespace pavane::admin {

/// The durable rules that services bring when they open a stream. A rule of service S named N is
/// `S/N` on its bus, with one target `service:S`. A higher version replaces the whole set: rules
/// that are gone are disabled, not deleted; rules that an operator pinned stay as they are.
class RuleSets {
 public:
  struct Outcome {
    uint64_t version = 0;  // now in force
    std::vector<pavane::v1::Notice> notices;
  };
  /// Writer thread or the caller's; must not block.
  using Callback = std::function<void(absl::StatusOr<Outcome>)>;

  explicit RuleSets(CatalogEditor& editor) : editor_(editor) {}

  /// Puts the DURABLE rules of `rule_set` in force; EPHEMERAL ones are SessionRules' business.
  /// RULE_SET_CONFLICT when the version is the one in force but the content is not.
  void Apply(const std::string& service, const pavane::v1::RuleSet& rule_set, Callback callback);

  /// Version in force, 0 when the service brought none.
  uint64_t VersionOf(const std::string& service) const;

 private:
  CatalogEditor& editor_;
};

/// The catalog's form of a service's rule; `name` is the whole name.
pavane::admin::v1::Rule ToRule(const std::string& service, const std::string& name,
                               const pavane::v1::ServiceRule& rule);
/// Names, pattern and policies of a service's rules; adds the parsed patterns.
absl::Status CheckServiceRules(const CatalogEditor& editor, const std::string& service,
                               const std::vector<pavane::v1::ServiceRule>& rules,
                               ingress::ParsedPatterns* patterns);
/// The rules of one lifetime.
std::vector<pavane::v1::ServiceRule> RulesOf(const pavane::v1::RuleSet& rule_set, bool ephemeral);

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_RULE_SETS_H_
