#include "admin/rule_sets.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

#include "admin/names.h"
#include "admin/rule_plan.h"
#include "admin/unknown_fields.h"
#include "base/status_macros.h"
#include "event/reason.h"
#include "xxhash.h"

namespace pavane::admin {
namespace {

using pavane::v1::ServiceRule;

constexpr char kServiceTargetId[] = "service";
constexpr size_t kRulesPerSetMax = 1000;

pavane::v1::Notice MakeNotice(pavane::v1::Reason reason, std::string message) {
  pavane::v1::Notice notice;
  notice.set_reason(reason);
  notice.set_message(std::move(message));
  return notice;
}

// The same whatever the order of the rules.
uint64_t ContentHash(const std::vector<ServiceRule>& rules) {
  std::vector<std::string> texts;
  for (const ServiceRule& rule : rules) texts.push_back(rule.SerializeAsString());
  std::sort(texts.begin(), texts.end());
  uint64_t hash = texts.size();
  for (const std::string& text : texts) {
    hash = XXH3_64bits_withSeed(text.data(), text.size(), hash);
  }
  return hash;
}

// One service's rule set while it is applied on the writer thread.
class Application {
 public:
  Application(CatalogEdit& edit, const std::string& service, RuleSets::Outcome& outcome)
      : edit_(edit), service_(service), outcome_(outcome) {}

  absl::Status Run(uint64_t version, const std::vector<ServiceRule>& rules) {
    const store::RuleSetEntryPtr before = edit_.catalog().FindRuleSet(service_);
    const uint64_t hash = ContentHash(rules);
    outcome_.version = version;
    if (before != nullptr && version <= before->version) return Compare(*before, version, hash);
    store::RuleSetEntry entry;
    entry.service = service_;
    entry.version = version;
    entry.content_hash = hash;
    for (const ServiceRule& rule : rules) RETURN_IF_ERROR(Put(rule, entry));
    if (before != nullptr) DisableMissing(*before, entry);
    edit_.PutRuleSet(entry);
    return absl::OkStatus();
  }

 private:
  absl::Status Compare(const store::RuleSetEntry& before, uint64_t version, uint64_t hash) {
    outcome_.version = before.version;
    if (version < before.version) {
      outcome_.notices.push_back(
          MakeNotice(pavane::v1::RULE_SET_CONFLICT,
                     absl::StrCat("rule set version ", version, " is ignored: version ",
                                  before.version, " of service '", service_, "' is in force")));
      return absl::OkStatus();
    }
    if (hash == before.content_hash) return absl::OkStatus();
    return event::Refused(
        absl::StatusCode::kFailedPrecondition, pavane::v1::RULE_SET_CONFLICT,
        absl::StrCat("service '", service_, "' has brought other rules as version ", version,
                     "; raise the version"));
  }

  absl::Status Put(const ServiceRule& rule, store::RuleSetEntry& entry) {
    const std::string name = absl::StrCat(service_, "/", rule.name());
    const absl::string_view bus_name = ingress::BusNameOrDefault(rule.bus());
    const store::BusEntryPtr bus = edit_.catalog().FindBus(bus_name);
    if (bus == nullptr) return ingress::UnknownBus(bus_name);
    const store::RuleEntryPtr existing = edit_.catalog().FindRule(bus->id, name);
    if (existing != nullptr &&
        (existing->rule.pinned() || existing->rule.owner_service() != service_)) {
      outcome_.notices.push_back(MakeNotice(
          pavane::v1::RULE_PINNED,
          absl::StrCat("rule '", name, "' is left alone: an operator ",
                       existing->rule.pinned() ? "pinned it" : "made one of that name")));
      entry.rules.push_back(existing->id);
      return absl::OkStatus();
    }
    PutOptions options;
    options.owner_service = service_;
    ASSIGN_OR_RETURN(const PutOutcome put,
                     PlanPutRule(edit_, ToRule(service_, name, rule), options));
    entry.rules.push_back(put.id);
    return absl::OkStatus();
  }

  void DisableMissing(const store::RuleSetEntry& before, const store::RuleSetEntry& now) {
    const absl::flat_hash_set<RuleId> kept(now.rules.begin(), now.rules.end());
    for (const RuleId id : before.rules) {
      if (kept.contains(id)) continue;
      const store::RuleEntryPtr rule = edit_.catalog().FindRule(id);
      if (rule == nullptr || rule->rule.pinned() || rule->rule.owner_service() != service_)
        continue;
      PlanSetState(edit_, *rule, pavane::admin::v1::Rule::DISABLED, false);
    }
  }

  CatalogEdit& edit_;
  const std::string& service_;
  RuleSets::Outcome& outcome_;
};

}  // namespace

pavane::admin::v1::Rule ToRule(const std::string& service, const std::string& name,
                               const ServiceRule& rule) {
  pavane::admin::v1::Rule made;
  made.set_name(name);
  made.set_bus(std::string(ingress::BusNameOrDefault(rule.bus())));
  made.set_pattern(rule.pattern());
  made.set_description(rule.description());
  pavane::admin::v1::Target& target = *made.add_targets();
  target.set_id(kServiceTargetId);
  target.set_address(absl::StrCat("service:", service));
  if (rule.has_retry_policy()) *target.mutable_retry_policy() = rule.retry_policy();
  if (rule.has_dead_letter_policy()) {
    *target.mutable_dead_letter_policy() = rule.dead_letter_policy();
  }
  if (rule.has_lease_policy()) *target.mutable_lease_policy() = rule.lease_policy();
  if (rule.has_ordering()) *target.mutable_ordering() = rule.ordering();
  if (rule.has_start_position()) *target.mutable_start_position() = rule.start_position();
  return made;
}

absl::Status CheckServiceRules(const CatalogEditor& editor, const std::string& service,
                               const std::vector<ServiceRule>& rules,
                               ingress::ParsedPatterns* patterns) {
  if (rules.size() > kRulesPerSetMax) {
    return event::Invalid(pavane::v1::TOO_MANY, absl::StrCat("the service brings ", rules.size(),
                                                             " rules; at most ", kRulesPerSetMax));
  }
  absl::flat_hash_set<std::string> names;
  for (const ServiceRule& rule : rules) {
    RETURN_IF_ERROR(CheckServiceRuleName(rule.name()));
    if (absl::Status unknown = RefuseUnknownFields(rule); !unknown.ok()) {
      return Annotate(unknown, absl::StrCat("rule '", rule.name(), "'"));
    }
    if (!names.insert(rule.name()).second) {
      return event::Invalid(pavane::v1::INVALID_NAME,
                            absl::StrCat("the service brings two rules '", rule.name(), "'"));
    }
    RETURN_IF_ERROR(CheckRule(ToRule(service, absl::StrCat(service, "/", rule.name()), rule)));
    auto pattern = editor.ParsePattern(rule.pattern());
    if (!pattern.ok()) {
      return Annotate(pattern.status(), absl::StrCat("rule '", rule.name(), "'"));
    }
    (*patterns)[rule.pattern()] = *std::move(pattern);
  }
  return absl::OkStatus();
}

std::vector<ServiceRule> RulesOf(const pavane::v1::RuleSet& rule_set, bool ephemeral) {
  std::vector<ServiceRule> rules;
  for (const ServiceRule& rule : rule_set.rules()) {
    if ((rule.lifetime() == ServiceRule::EPHEMERAL) == ephemeral) rules.push_back(rule);
  }
  return rules;
}

uint64_t RuleSets::VersionOf(const std::string& service) const {
  const auto rule_set = editor_.rules().snapshot()->catalog().FindRuleSet(service);
  return rule_set == nullptr ? 0 : rule_set->version;
}

void RuleSets::Apply(const std::string& service, const pavane::v1::RuleSet& rule_set,
                     Callback callback) {
  if (absl::Status unknown = RefuseUnknownFields(rule_set); !unknown.ok()) return callback(unknown);
  std::vector<ServiceRule> rules = RulesOf(rule_set, false);
  ingress::ParsedPatterns patterns;
  absl::Status status = CheckServiceRules(editor_, service, rules, &patterns);
  if (status.ok() && rule_set.version() == 0) {
    status =
        event::Invalid(pavane::v1::RULE_SET_CONFLICT, "the rule set's version must be 1 or more");
  }
  if (!status.ok()) return callback(status);
  auto outcome = std::make_shared<Outcome>();
  editor_.Submit(
      std::move(patterns),
      [service, version = rule_set.version(), rules = std::move(rules), outcome](
          CatalogEdit& edit) { return Application(edit, service, *outcome).Run(version, rules); },
      [outcome, callback = std::move(callback)](const absl::Status& done, uint64_t) {
        if (!done.ok()) return callback(done);
        callback(std::move(*outcome));
      });
}

}  // namespace pavane::admin
