#include "ingress/rule_snapshot.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "event/reason.h"
#include "event/view_path.h"

namespace pavane::ingress {
namespace {

// The keys of the rule's targets, which are the last ones of `matched`.
void AddKeys(const pavane::admin::v1::Rule& rule, const event::EventView& view, Matched& matched) {
  const size_t first = matched.targets.size() - rule.targets_size();
  for (int i = 0; i < rule.targets_size(); ++i) {
    const uint64_t key_hash = OrderingKey(rule.targets(i), view);
    if (key_hash == 0) continue;
    matched.key_hashes.resize(matched.targets.size());
    matched.key_hashes[first + i] = key_hash;
  }
}

}  // namespace

uint64_t OrderingKey(const pavane::admin::v1::Target& target, const event::EventView& view) {
  const pavane::v1::Ordering& ordering = target.ordering();
  if (ordering.mode() != pavane::v1::Ordering::KEY) return 0;
  return event::HashAtPath(view,
                           ordering.key_path().empty() ? "partitionkey" : ordering.key_path());
}

absl::string_view BusNameOrDefault(absl::string_view name) {
  return name.empty() ? kDefaultBus : name;
}

absl::Status UnknownBus(absl::string_view name) {
  return event::Refused(absl::StatusCode::kNotFound, pavane::v1::UNKNOWN_BUS,
                        absl::StrCat("no bus '", name.substr(0, 256), "'"));
}

BusRulesPtr RuleSnapshot::FindBus(absl::string_view name) const {
  const store::BusEntryPtr bus = catalog_->FindBus(name);
  return bus == nullptr ? nullptr : FindBus(bus->id);
}

BusRulesPtr RuleSnapshot::FindBus(BusId id) const {
  const auto found = buses_.find(id);
  return found == buses_.end() ? nullptr : found->second;
}

absl::StatusOr<Matched> RuleSnapshot::Match(const BusRules& bus,
                                            const event::EventView& view) const {
  std::vector<rules::RuleId> rule_ids;
  const absl::Status status = bus.rules->Match(view, &rule_ids);
  if (absl::IsResourceExhausted(status)) {
    const std::optional<rules::RuleId> id = rules::Matcher::RuleOf(status);
    const store::RuleEntryPtr rule = id ? catalog_->FindRule(pavane::RuleId(*id)) : nullptr;
    return event::Invalid(pavane::v1::EVENT_TOO_COMPLEX,
                          rule == nullptr
                              ? std::string(status.message())
                              : absl::StrCat("rule '", rule->rule.name(), "': ", status.message()));
  }
  if (!status.ok()) return status;
  Matched matched;
  matched.rules = static_cast<uint32_t>(rule_ids.size());
  for (const rules::RuleId id : rule_ids) {
    const store::RuleEntryPtr rule = catalog_->FindRule(pavane::RuleId(id));
    CHECK(rule != nullptr) << "a matcher holds only rules of its catalog";
    matched.targets.insert(matched.targets.end(), rule->target_ids.begin(), rule->target_ids.end());
    AddKeys(rule->rule, view, matched);
  }
  if (!matched.key_hashes.empty()) matched.key_hashes.resize(matched.targets.size());
  return matched;
}

}  // namespace pavane::ingress
