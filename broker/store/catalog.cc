#include "store/catalog.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "base/status_macros.h"
#include "store/catalog_codec.h"
#include "store/persistent_map.h"

namespace pavane::store {
namespace {

// Points into the entry it leads to.
struct RuleName {
  BusId bus;
  absl::string_view name;

  friend auto operator<=>(const RuleName& a, const RuleName& b) {
    if (a.bus != b.bus) return a.bus <=> b.bus;
    return a.name.compare(b.name) <=> 0;
  }

  template <typename H>
  friend H AbslHashValue(H h, const RuleName& name) {
    return H::combine(std::move(h), name.bus, name.name);
  }
};

}  // namespace

struct Catalog::Impl {
  PersistentMap<absl::string_view, BusEntryPtr> buses_by_name;
  PersistentMap<BusId, BusEntryPtr> buses;
  PersistentMap<RuleName, RuleEntryPtr> rules_by_name;
  PersistentMap<RuleId, RuleEntryPtr> rules;
  PersistentMap<TargetId, TargetPlace> targets;
  PersistentMap<uint64_t, RuleSetEntryPtr> rule_sets;  // by hash of the service's name

  void EraseBus(BusId id);
  void PutBus(BusEntry entry);
  void EraseRule(RuleId id);
  void PutRule(RuleEntry entry);
};

void Catalog::Impl::EraseBus(BusId id) {
  const BusEntryPtr* found = buses.Find(id);
  if (found == nullptr) return;
  const BusEntryPtr entry = *found;
  // The name may already lead to a younger bus.
  const BusEntryPtr* named = buses_by_name.Find(absl::string_view(entry->bus.name()));
  if (named != nullptr && (*named)->id == id) {
    buses_by_name.Erase(absl::string_view(entry->bus.name()));
  }
  buses.Erase(id);
}

void Catalog::Impl::PutBus(BusEntry entry) {
  EraseBus(entry.id);
  auto shared = std::make_shared<const BusEntry>(std::move(entry));
  buses_by_name.Put(shared->bus.name(), shared);
  buses.Put(shared->id, shared);
}

void Catalog::Impl::EraseRule(RuleId id) {
  const RuleEntryPtr* found = rules.Find(id);
  if (found == nullptr) return;
  const RuleEntryPtr entry = *found;
  const RuleName name{entry->bus_id, entry->rule.name()};
  const RuleEntryPtr* named = rules_by_name.Find(name);
  if (named != nullptr && (*named)->id == id) rules_by_name.Erase(name);
  for (const TargetId target : entry->target_ids) targets.Erase(target);
  rules.Erase(id);
}

void Catalog::Impl::PutRule(RuleEntry entry) {
  EraseRule(entry.id);
  auto shared = std::make_shared<const RuleEntry>(std::move(entry));
  rules_by_name.Put(RuleName{shared->bus_id, shared->rule.name()}, shared);
  rules.Put(shared->id, shared);
  for (size_t i = 0; i < shared->target_ids.size(); ++i) {
    targets.Put(shared->target_ids[i], TargetPlace{shared, static_cast<int>(i)});
  }
}

Catalog::Catalog() : impl_(std::make_shared<const Impl>()) {}

BusEntryPtr Catalog::FindBus(absl::string_view name) const {
  const BusEntryPtr* found = impl_->buses_by_name.Find(name);
  return found == nullptr ? nullptr : *found;
}

BusEntryPtr Catalog::FindBus(BusId id) const {
  const BusEntryPtr* found = impl_->buses.Find(id);
  return found == nullptr ? nullptr : *found;
}

RuleEntryPtr Catalog::FindRule(BusId bus, absl::string_view name) const {
  const RuleEntryPtr* found = impl_->rules_by_name.Find(RuleName{bus, name});
  return found == nullptr ? nullptr : *found;
}

RuleEntryPtr Catalog::FindRule(RuleId id) const {
  const RuleEntryPtr* found = impl_->rules.Find(id);
  return found == nullptr ? nullptr : *found;
}

TargetPlace Catalog::FindTarget(TargetId id) const {
  const TargetPlace* found = impl_->targets.Find(id);
  return found == nullptr ? TargetPlace{} : *found;
}

RuleSetEntryPtr Catalog::FindRuleSet(absl::string_view service) const {
  const RuleSetEntryPtr* found = impl_->rule_sets.Find(RuleSetId(service));
  return found == nullptr || (*found)->service != service ? nullptr : *found;
}

std::vector<BusEntryPtr> Catalog::Buses() const {
  std::vector<BusEntryPtr> buses;
  buses.reserve(impl_->buses.size());
  impl_->buses_by_name.VisitAll([&](absl::string_view, const BusEntryPtr& entry) {
    buses.push_back(entry);
    return true;
  });
  return buses;
}

std::vector<RuleEntryPtr> Catalog::Rules(BusId bus, absl::string_view from, size_t max) const {
  std::vector<RuleEntryPtr> rules;
  if (max == 0) return rules;
  impl_->rules_by_name.VisitFrom(RuleName{bus, from},
                                 [&](const RuleName& name, const RuleEntryPtr& entry) {
                                   if (name.bus != bus) return false;
                                   rules.push_back(entry);
                                   return rules.size() < max;
                                 });
  return rules;
}

size_t Catalog::rule_count() const { return impl_->rules.size(); }
size_t Catalog::target_count() const { return impl_->targets.size(); }
size_t Catalog::bus_count() const { return impl_->buses.size(); }

absl::StatusOr<std::shared_ptr<const Catalog>> Catalog::Apply(
    const std::vector<CatalogChange>& changes, CatalogVersion version) const {
  auto next = std::make_shared<Catalog>(*this);
  auto impl = std::make_shared<Impl>(*impl_);
  NextIds next_ids{next_bus_id_, next_rule_id_, next_target_id_};
  for (const CatalogChange& change : changes) {
    RETURN_IF_ERROR(RaiseNextIds(change, next_ids));
    switch (change.kind) {
      case CatalogChange::Kind::kBus: {
        if (change.erased) {
          impl->EraseBus(BusId(change.id));
        } else {
          ASSIGN_OR_RETURN(BusEntry entry, DecodeBus(change.bytes));
          impl->PutBus(std::move(entry));
        }
        break;
      }
      case CatalogChange::Kind::kRule: {
        if (change.erased) {
          impl->EraseRule(RuleId(change.id));
        } else {
          ASSIGN_OR_RETURN(RuleEntry entry, DecodeRule(change.bytes));
          impl->PutRule(std::move(entry));
        }
        break;
      }
      case CatalogChange::Kind::kRuleSet: {
        if (change.erased) {
          impl->rule_sets.Erase(change.id);
        } else {
          ASSIGN_OR_RETURN(RuleSetEntry entry, DecodeRuleSet(change.bytes));
          impl->rule_sets.Put(change.id, std::make_shared<const RuleSetEntry>(std::move(entry)));
        }
        break;
      }
      case CatalogChange::Kind::kNextIds:
        break;  // RaiseNextIds has read it
      default:
        return absl::DataLossError(
            absl::StrCat("catalog entry of unknown kind ", static_cast<int>(change.kind)));
    }
  }
  next->version_ = version;
  next->next_bus_id_ = next_ids.bus;
  next->next_rule_id_ = next_ids.rule;
  next->next_target_id_ = next_ids.target;
  next->impl_ = std::move(impl);
  return std::shared_ptr<const Catalog>(std::move(next));
}

}  // namespace pavane::store
