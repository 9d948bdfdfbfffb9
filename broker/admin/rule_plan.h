#ifndef PAVANE_ADMIN_RULE_PLAN_H_
#define PAVANE_ADMIN_RULE_PLAN_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "admin/catalog_edit.h"
#include "base/ids.h"
#include "pavane/admin/v1/rule.pb.h"

namespace pavane::admin {

/// Most targets of a rule.
inline constexpr int kTargetsMax = 100;

/// What can be said of a rule without the catalog: names, targets, policies. The pattern is parsed
/// by the caller.
absl::Status CheckRule(const pavane::admin::v1::Rule& rule);

/// Who puts a rule.
struct PutOptions {
  bool discard = false;
  bool release_pin = false;
  std::string owner_service;  // of a rule set's or session's rule; empty: an operator
  bool ephemeral = false;
};
struct PutOutcome {
  RuleId id;
  bool created = false;
};

/// Writer thread: makes the rule, or replaces its definition in place: rule and targets of the same
/// names keep their ids. An operator's edit of a service's rule pins it. A put that changes nothing
/// is no change.
absl::StatusOr<PutOutcome> PlanPutRule(CatalogEdit& edit, const pavane::admin::v1::Rule& wanted,
                                       const PutOptions& options);

/// Writer thread: the rule by names. UNKNOWN_BUS, or NotFound.
absl::StatusOr<store::RuleEntryPtr> FindRule(const store::Catalog& catalog, absl::string_view bus,
                                             absl::string_view rule);

/// Writer thread: erases the rule. HAS_UNSETTLED unless `discard`.
absl::Status PlanDeleteRule(CatalogEdit& edit, const store::RuleEntry& rule, bool discard);

/// Writer thread: enables or disables. `by_operator` pins a service's rule.
void PlanSetState(CatalogEdit& edit, const store::RuleEntry& rule,
                  pavane::admin::v1::Rule::State state, bool by_operator);

/// Writer thread: pauses or resumes a target.
absl::Status PlanSetPaused(CatalogEdit& edit, const store::RuleEntry& rule,
                           const std::string& target, bool paused);

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_RULE_PLAN_H_
