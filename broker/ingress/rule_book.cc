#include "ingress/rule_book.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

#include "base/failpoint.h"
#include "base/status_macros.h"

namespace pavane::ingress {
namespace {

using Kind = store::CatalogChange::Kind;

bool Matches(const pavane::admin::v1::Rule& rule) {
  return rule.state() != pavane::admin::v1::Rule::DISABLED;
}

// Calls of RebuildWhereNeeded, one a second, that see the same overlay before its base is rebuilt:
// a rebuild of 100,000 rules keeps a processor busy for about a second.
constexpr int kSettledCalls = 5;

// What changes on one bus.
struct BusDelta {
  std::vector<rules::RuleEntry> put;
  std::vector<rules::RuleId> removed;
};

}  // namespace

RuleBook::RuleBook(Options options)
    : options_(options),
      current_(std::make_shared<const RuleSnapshot>(std::make_shared<const store::Catalog>(),
                                                    RuleSnapshot::Buses())) {}

RuleSnapshotPtr RuleBook::snapshot() const {
  MutexLock lock(mu_);
  return current_;
}

void RuleBook::Swap(RuleSnapshotPtr next) {
  MutexLock lock(mu_);
  current_.swap(next);
}

absl::StatusOr<std::shared_ptr<const rules::Pattern>> RuleBook::PatternOf(
    const store::RuleEntry& rule, const ParsedPatterns& patterns) const {
  const auto found = patterns.find(rule.rule.pattern());
  if (found != patterns.end()) return found->second;
  auto parsed = rules::Pattern::Parse(rule.rule.pattern(), options_.pattern);
  if (!parsed.ok()) return Annotate(parsed.status(), absl::StrCat("rule '", rule.rule.name(), "'"));
  return parsed;
}

absl::StatusOr<RuleSnapshotPtr> RuleBook::Next(const RuleSnapshot& current,
                                               const std::vector<store::CatalogChange>& changes,
                                               CatalogVersion version,
                                               const ParsedPatterns& patterns) const {
  ASSIGN_OR_RETURN(std::shared_ptr<const store::Catalog> catalog,
                   current.catalog().Apply(changes, version));
  RuleSnapshot::Buses buses = current.buses();
  absl::flat_hash_map<BusId, BusDelta> deltas;
  for (const store::CatalogChange& change : changes) {
    if (change.kind == Kind::kBus) {
      const BusId id(change.id);
      deltas[id];
      if (change.erased) buses.erase(id);
    } else if (change.kind == Kind::kRule) {
      const RuleId id(change.id);
      const store::RuleEntryPtr before = current.catalog().FindRule(id);
      const store::RuleEntryPtr after = catalog->FindRule(id);
      if (before != nullptr) deltas[before->bus_id].removed.push_back(id.value());
      if (after == nullptr) continue;
      BusDelta& delta = deltas[after->bus_id];
      if (!Matches(after->rule)) continue;
      ASSIGN_OR_RETURN(std::shared_ptr<const rules::Pattern> pattern, PatternOf(*after, patterns));
      delta.put.push_back(rules::RuleEntry{id.value(), std::move(pattern)});
    }
  }
  for (const auto& [id, delta] : deltas) {
    const store::BusEntryPtr bus = catalog->FindBus(id);
    if (bus == nullptr) continue;
    const auto before = buses.find(id);
    auto rule_set = before == buses.end() ? rules::RuleSet::Build(delta.put, options_.matcher)
                                          : before->second->rules->With(delta.put, delta.removed);
    buses[id] = std::make_shared<const BusRules>(BusRules{bus, std::move(rule_set)});
  }
  return std::make_shared<const RuleSnapshot>(std::move(catalog), std::move(buses));
}

absl::Status RuleBook::Load(const std::vector<store::CatalogChange>& entries,
                            CatalogVersion version) {
  MutexLock lock(update_mu_);
  ASSIGN_OR_RETURN(RuleSnapshotPtr next, Next(*snapshot(), entries, version, {}));
  Swap(std::move(next));
  return absl::OkStatus();
}

absl::Status RuleBook::Change(const std::vector<store::CatalogChange>& changes,
                              const ParsedPatterns& patterns, store::CommitBuilder& commit) {
  for (const store::CatalogChange& change : changes) commit.ChangeCatalog(change);
  MutexLock lock(update_mu_);
  ASSIGN_OR_RETURN(RuleSnapshotPtr next,
                   Next(*snapshot(), changes, commit.catalog_version(), patterns));
  Swap(std::move(next));
  FAILPOINT("ingress.rules_swapped");
  return absl::OkStatus();
}

void RuleBook::RebuildWhereNeeded() {
  const RuleSnapshotPtr start = snapshot();
  for (const auto& [id, bus] : start->buses()) {
    if (!bus->rules->NeedsRebuild() && !Settled(id, bus->rules)) continue;
    settling_.erase(id);
    Rebase(id, *bus->rules->Rebuilt());
  }
}

bool RuleBook::Settled(BusId bus, const std::shared_ptr<const rules::RuleSet>& rules) {
  if (!rules->HasOverlay()) return false;
  Settling& settling = settling_[bus];
  if (settling.rules.lock() != rules) settling = {rules, 0};
  return ++settling.calls > kSettledCalls;
}

void RuleBook::Rebase(BusId bus, const rules::RuleSet& rebuilt) {
  MutexLock lock(update_mu_);
  const RuleSnapshotPtr current = snapshot();
  const BusRulesPtr now = current->FindBus(bus);
  if (now == nullptr) return;  // deleted meanwhile
  auto rebased = now->rules->Rebased(rebuilt);
  if (rebased == nullptr) return;  // it has a newer base
  RuleSnapshot::Buses buses = current->buses();
  buses[bus] = std::make_shared<const BusRules>(BusRules{now->bus, std::move(rebased)});
  Swap(std::make_shared<const RuleSnapshot>(current->catalog_ptr(), std::move(buses)));
}

}  // namespace pavane::ingress
