#include "ingress/rule_snapshot.h"

#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "event/reason.h"

namespace pavane::ingress {

absl::string_view BusNameOrDefault(absl::string_view name) {
  return name.empty() ? kDefaultBus : name;
}

absl::Status UnknownBus(absl::string_view name) {
  return event::Refused(
      absl::StatusCode::kNotFound, pavane::v1::UNKNOWN_BUS,
      absl::StrCat("no bus '", name.substr(0, 256), "'; make it with BusAdmin.PutBus"));
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
    return event::Invalid(pavane::v1::EVENT_TOO_COMPLEX, status.message());
  }
  if (!status.ok()) return status;
  Matched matched;
  matched.rules = static_cast<uint32_t>(rule_ids.size());
  for (const rules::RuleId id : rule_ids) {
    const store::RuleEntryPtr rule = catalog_->FindRule(pavane::RuleId(id));
    CHECK(rule != nullptr) << "a matcher holds only rules of its catalog";
    matched.targets.insert(matched.targets.end(), rule->target_ids.begin(), rule->target_ids.end());
  }
  return matched;
}

}  // namespace pavane::ingress
