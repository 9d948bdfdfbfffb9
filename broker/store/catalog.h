#ifndef PAVANE_STORE_CATALOG_H_
#define PAVANE_STORE_CATALOG_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "base/ids.h"
#include "pavane/admin/v1/bus.pb.h"
#include "pavane/admin/v1/rule.pb.h"
#include "store/commit_record.h"

namespace pavane::store {

/// A bus of the catalog.
struct BusEntry {
  BusId id;
  pavane::admin::v1::Bus bus;  // output-only counts are not set
};

/// A rule of the catalog with its targets; `target_ids[i]` is the id of `rule.targets(i)`.
struct RuleEntry {
  RuleId id;
  BusId bus_id;
  pavane::admin::v1::Rule rule;  // output-only owner, pinned, version, times are kept
  std::vector<TargetId> target_ids;
};

/// What a service brought: which version of its rule set is in force.
struct RuleSetEntry {
  std::string service;
  uint64_t version = 0;
  uint64_t content_hash = 0;
  std::vector<RuleId> rules;
};

using BusEntryPtr = std::shared_ptr<const BusEntry>;
using RuleEntryPtr = std::shared_ptr<const RuleEntry>;
using RuleSetEntryPtr = std::shared_ptr<const RuleSetEntry>;

/// Where a target is: its rule, and its place among the rule's targets.
struct TargetPlace {
  RuleEntryPtr rule;
  int index = 0;
  const pavane::admin::v1::Target& target() const { return rule->rule.targets(index); }
};

/// All buses, rules and rule sets at one catalog version: an immutable snapshot, shared freely. A
/// change makes a new snapshot that shares what did not change.
class Catalog {
 public:
  Catalog();

  CatalogVersion version() const { return version_; }

  BusEntryPtr FindBus(absl::string_view name) const;  // null when there is none
  BusEntryPtr FindBus(BusId id) const;
  RuleEntryPtr FindRule(BusId bus, absl::string_view name) const;
  RuleEntryPtr FindRule(RuleId id) const;
  /// Place of a target; `rule` is null when there is none.
  TargetPlace FindTarget(TargetId id) const;
  RuleSetEntryPtr FindRuleSet(absl::string_view service) const;

  /// In order of names.
  std::vector<BusEntryPtr> Buses() const;
  /// In order of names, from the first name >= `from`, at most `max`.
  std::vector<RuleEntryPtr> Rules(BusId bus, absl::string_view from, size_t max) const;

  size_t rule_count() const;
  size_t target_count() const;
  size_t bus_count() const;
  /// Ids to give next.
  BusId next_bus_id() const { return next_bus_id_; }
  RuleId next_rule_id() const { return next_rule_id_; }
  TargetId next_target_id() const { return next_target_id_; }

  /// The snapshot after `changes` with the version given. DataLoss when bytes do not decode,
  /// FailedPrecondition when they are of a newer format.
  absl::StatusOr<std::shared_ptr<const Catalog>> Apply(const std::vector<CatalogChange>& changes,
                                                       CatalogVersion version) const;

 private:
  struct Impl;
  CatalogVersion version_;
  BusId next_bus_id_{1};
  RuleId next_rule_id_{1};
  TargetId next_target_id_{1};
  std::shared_ptr<const Impl> impl_;
};

/// Encodes entries as the catalog's column family and CatalogChange hold them: version byte, then a
/// protobuf message of records.proto. Ids are never reused: the next ids are kept with the entries.
CatalogChange EncodeBus(const BusEntry& entry);
CatalogChange EncodeRule(const RuleEntry& entry);
CatalogChange EncodeRuleSet(const RuleSetEntry& entry);
CatalogChange EraseBus(BusId id);
CatalogChange EraseRule(RuleId id);
CatalogChange EraseRuleSet(absl::string_view service);
absl::StatusOr<BusEntry> DecodeBus(absl::string_view bytes);
absl::StatusOr<RuleEntry> DecodeRule(absl::string_view bytes);
absl::StatusOr<RuleSetEntry> DecodeRuleSet(absl::string_view bytes);

}  // namespace pavane::store

#endif  // PAVANE_STORE_CATALOG_H_
