#include "admin/rule_plan.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"

#include "admin/names.h"
#include "admin/target_check.h"
#include "base/status_macros.h"
#include "event/reason.h"
#include "ingress/rule_snapshot.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::Rule;
using pavane::admin::v1::Target;

const Target* FindTarget(const Rule& rule, absl::string_view id, int* index) {
  for (int i = 0; i < rule.targets_size(); ++i) {
    if (rule.targets(i).id() != id) continue;
    *index = i;
    return &rule.targets(i);
  }
  return nullptr;
}

// The definition alone, so that two can be compared.
Rule Definition(Rule rule) {
  rule.clear_version();
  rule.clear_created_at();
  rule.clear_updated_at();
  return rule;
}

void RaiseVersion(CatalogEdit& edit, Rule& rule) {
  rule.set_version(rule.version() + 1);
  *rule.mutable_updated_at() = edit.now();
}

// Gives each target of `entry` its id, new ones their start, and the ones that are left out up.
absl::Status PlanTargets(CatalogEdit& edit, const store::RuleEntry* existing, bool discard,
                         store::RuleEntry& entry) {
  absl::flat_hash_set<uint64_t> kept;
  for (Target& target : *entry.rule.mutable_targets()) {
    int index = 0;
    const Target* before =
        existing == nullptr ? nullptr : FindTarget(existing->rule, target.id(), &index);
    target.set_paused(before != nullptr && before->paused());
    entry.target_ids.push_back(before != nullptr ? existing->target_ids[index]
                                                 : edit.NewTargetId());
    kept.insert(entry.target_ids.back().value());
    if (before == nullptr) {
      RETURN_IF_ERROR(
          edit.StartFill(entry.target_ids.back(), entry.bus_id, target.start_position()));
    } else if (target.ordering().mode() == pavane::v1::Ordering::KEY &&
               edit.filling(entry.target_ids.back())) {
      return event::Invalid(pavane::v1::INVALID_POLICY,
                            absl::StrCat("target '", target.id(),
                                         "' is still being filled from its start position; "
                                         "order it by key when that is done"));
    }
  }
  if (existing == nullptr) return absl::OkStatus();
  for (size_t i = 0; i < existing->target_ids.size(); ++i) {
    if (kept.contains(existing->target_ids[i].value())) continue;
    RETURN_IF_ERROR(
        edit.GiveUp(existing->target_ids[i], discard,
                    absl::StrCat("target '", existing->rule.targets(i).id(), "' of rule '",
                                 existing->rule.name(), "', which is left out,")));
  }
  return absl::OkStatus();
}

void PlanOwner(const store::RuleEntry* existing, const PutOptions& options, Rule& rule) {
  rule.set_owner_service(options.owner_service);
  rule.set_ephemeral(options.ephemeral);
  rule.set_pinned(false);
  if (existing == nullptr || !options.owner_service.empty()) return;
  rule.set_owner_service(existing->rule.owner_service());
  rule.set_ephemeral(existing->rule.ephemeral());
  rule.set_pinned(!existing->rule.owner_service().empty() && !options.release_pin);
}

}  // namespace

absl::Status CheckRule(const Rule& rule) {
  RETURN_IF_ERROR(CheckRuleName(rule.name()));
  RETURN_IF_ERROR(CheckDescription(rule.description()));
  if (rule.targets_size() > kTargetsMax) {
    return event::Invalid(pavane::v1::TOO_MANY,
                          absl::StrCat("rule '", rule.name(), "' has ", rule.targets_size(),
                                       " targets; at most ", kTargetsMax));
  }
  absl::flat_hash_set<std::string> ids;
  for (const Target& target : rule.targets()) {
    RETURN_IF_ERROR(CheckTarget(target));
    if (!ids.insert(target.id()).second) {
      return event::Invalid(
          pavane::v1::DUPLICATE_TARGET,
          absl::StrCat("rule '", rule.name(), "' has two targets '", target.id(), "'"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<PutOutcome> PlanPutRule(CatalogEdit& edit, const Rule& wanted,
                                       const PutOptions& options) {
  const absl::string_view bus_name = ingress::BusNameOrDefault(wanted.bus());
  const store::BusEntryPtr bus = edit.catalog().FindBus(bus_name);
  if (bus == nullptr) return ingress::UnknownBus(bus_name);
  const store::RuleEntryPtr existing = edit.catalog().FindRule(bus->id, wanted.name());
  store::RuleEntry entry;
  entry.id = existing != nullptr ? existing->id : RuleId();
  entry.bus_id = bus->id;
  entry.rule = Definition(wanted);
  entry.rule.set_bus(std::string(bus_name));
  if (entry.rule.state() == Rule::STATE_UNSPECIFIED) entry.rule.set_state(Rule::ENABLED);
  PlanOwner(existing.get(), options, entry.rule);
  RETURN_IF_ERROR(PlanTargets(edit, existing.get(), options.discard, entry));
  if (existing != nullptr) {
    if (google::protobuf::util::MessageDifferencer::Equals(entry.rule,
                                                           Definition(existing->rule))) {
      return PutOutcome{existing->id, false};
    }
    entry.rule.set_version(existing->rule.version());
    *entry.rule.mutable_created_at() = existing->rule.created_at();
  } else {
    ASSIGN_OR_RETURN(entry.id, edit.NewRuleId());
    *entry.rule.mutable_created_at() = edit.now();
  }
  RaiseVersion(edit, entry.rule);
  edit.PutRule(entry);
  return PutOutcome{entry.id, existing == nullptr};
}

absl::StatusOr<store::RuleEntryPtr> FindRule(const store::Catalog& catalog, absl::string_view bus,
                                             absl::string_view rule) {
  const absl::string_view bus_name = ingress::BusNameOrDefault(bus);
  const store::BusEntryPtr entry = catalog.FindBus(bus_name);
  if (entry == nullptr) return ingress::UnknownBus(bus_name);
  store::RuleEntryPtr found = catalog.FindRule(entry->id, rule);
  if (found == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("no rule '", rule.substr(0, 256), "' on bus '", bus_name, "'"));
  }
  return found;
}

absl::Status PlanDeleteRule(CatalogEdit& edit, const store::RuleEntry& rule, bool discard) {
  for (const TargetId target : rule.target_ids) {
    RETURN_IF_ERROR(edit.GiveUp(target, discard, absl::StrCat("rule '", rule.rule.name(), "'")));
  }
  edit.EraseRule(rule.id);
  return absl::OkStatus();
}

void PlanSetState(CatalogEdit& edit, const store::RuleEntry& rule, Rule::State state,
                  bool by_operator) {
  if (rule.rule.state() == state) return;
  store::RuleEntry entry = rule;
  entry.rule.set_state(state);
  if (by_operator && !entry.rule.owner_service().empty()) entry.rule.set_pinned(true);
  RaiseVersion(edit, entry.rule);
  edit.PutRule(entry);
}

absl::Status PlanSetPaused(CatalogEdit& edit, const store::RuleEntry& rule,
                           const std::string& target, bool paused) {
  int index = 0;
  const Target* found = FindTarget(rule.rule, target, &index);
  if (found == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("rule '", rule.rule.name(), "' has no target '", target.substr(0, 64), "'"));
  }
  if (found->paused() == paused) return absl::OkStatus();
  store::RuleEntry entry = rule;
  entry.rule.mutable_targets(index)->set_paused(paused);
  edit.PutRule(entry);
  return absl::OkStatus();
}

}  // namespace pavane::admin
