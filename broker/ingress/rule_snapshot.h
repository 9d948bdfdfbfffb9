#ifndef PAVANE_INGRESS_RULE_SNAPSHOT_H_
#define PAVANE_INGRESS_RULE_SNAPSHOT_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "base/ids.h"
#include "event/event_view.h"
#include "rules/rule_set.h"
#include "store/catalog.h"

namespace pavane::ingress {

/// A bus with its enabled rules. As long as the pointer stays the same, so does what its events
/// match.
struct BusRules {
  store::BusEntryPtr bus;
  std::shared_ptr<const rules::RuleSet> rules;
};
using BusRulesPtr = std::shared_ptr<const BusRules>;

/// What an event matched.
struct Matched {
  uint32_t rules = 0;
  std::vector<TargetId> targets;
  /// Hashes of ordering keys, see store::AppendedEvent: empty when no target is ordered.
  std::vector<uint64_t> key_hashes;
};

/// Catalog and matchers at one catalog version: immutable, shared freely, never locked.
class RuleSnapshot {
 public:
  using Buses = absl::flat_hash_map<BusId, BusRulesPtr>;

  RuleSnapshot(std::shared_ptr<const store::Catalog> catalog, Buses buses)
      : catalog_(std::move(catalog)), buses_(std::move(buses)) {}

  const store::Catalog& catalog() const { return *catalog_; }
  const std::shared_ptr<const store::Catalog>& catalog_ptr() const { return catalog_; }
  const Buses& buses() const { return buses_; }

  /// Null when there is none.
  BusRulesPtr FindBus(absl::string_view name) const;
  BusRulesPtr FindBus(BusId id) const;

  /// Rules and targets for the event on `bus`, which is of this snapshot. EVENT_TOO_COMPLEX when
  /// the work budget of a rule does not suffice.
  absl::StatusOr<Matched> Match(const BusRules& bus, const event::EventView& view) const;

 private:
  std::shared_ptr<const store::Catalog> catalog_;
  Buses buses_;
};
using RuleSnapshotPtr = std::shared_ptr<const RuleSnapshot>;

/// Hash of the event's ordering key for the target; 0 when the target is unordered or the event has
/// no key.
uint64_t OrderingKey(const pavane::admin::v1::Target& target, const event::EventView& view);

/// `default` when empty.
absl::string_view BusNameOrDefault(absl::string_view name);
inline constexpr absl::string_view kDefaultBus = "default";

/// UNKNOWN_BUS, NotFound.
absl::Status UnknownBus(absl::string_view name);

}  // namespace pavane::ingress

#endif  // PAVANE_INGRESS_RULE_SNAPSHOT_H_
