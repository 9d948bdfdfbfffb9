#ifndef PAVANE_ADMIN_CATALOG_EDIT_H_
#define PAVANE_ADMIN_CATALOG_EDIT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/timestamp.pb.h"

#include "base/ids.h"
#include "config/config.h"
#include "delivery/dispatcher.h"
#include "pavane/v1/policy.pb.h"
#include "store/catalog.h"
#include "store/commit_builder.h"

namespace pavane::admin {

/// The changes of one catalog transaction while it is prepared on the writer thread: reads see the
/// catalog before it, new ids are handed out, what is unsettled is known exactly.
class CatalogEdit {
 public:
  CatalogEdit(const store::Catalog& catalog, const delivery::Dispatcher& dispatcher,
              const config::LimitsConfig& limits, const store::CommitBuilder& commit);

  const store::Catalog& catalog() const { return catalog_; }
  /// Recorded time of the commit.
  google::protobuf::Timestamp now() const;

  /// TOO_MANY when there are, with those of this edit, as many as may be; `limit_hit` says so.
  absl::StatusOr<BusId> NewBusId();
  absl::StatusOr<RuleId> NewRuleId();
  TargetId NewTargetId() { return std::exchange(next_target_, next_target_.Next()); }

  void PutBus(const store::BusEntry& bus);
  /// Tells the writer the bus' de-duplication (again); PutBus does.
  void SetDedup(BusId bus) { dedup_.push_back(bus); }
  void EraseBus(BusId bus);
  void PutRule(const store::RuleEntry& rule);
  void EraseRule(RuleId rule);
  void PutRuleSet(const store::RuleSetEntry& rule_set);

  /// Gives the deliveries of the target up: counts them, or refuses HAS_UNSETTLED where there are
  /// any and `discard` is false. Ends the filling of its past. `what` names the thing that is to be
  /// deleted.
  absl::Status GiveUp(TargetId target, bool discard, absl::string_view what);
  /// Has the past of a new target of the bus filled in from its start position. INVALID_POLICY when
  /// that lies ahead.
  absl::Status StartFill(TargetId target, BusId bus, const pavane::v1::StartPosition& start);
  /// The target's past is still being filled in.
  bool filling(TargetId target) const { return commit_.FindFill(target).has_value(); }
  uint64_t discarded() const { return discarded_; }
  /// The limit that refused something, by its configuration key; empty: none did.
  absl::string_view limit_hit() const { return limit_hit_; }

  const std::vector<store::CatalogChange>& changes() const { return changes_; }
  const std::vector<store::FillRecord>& fills() const { return fills_; }
  const std::vector<BusId>& dedup() const { return dedup_; }

 private:
  absl::Status TooMany(absl::string_view what, uint64_t max, absl::string_view limit);

  const store::Catalog& catalog_;
  const delivery::Dispatcher& dispatcher_;
  const config::LimitsConfig& limits_;
  const store::CommitBuilder& commit_;
  BusId next_bus_;
  RuleId next_rule_;
  TargetId next_target_;
  std::vector<store::CatalogChange> changes_;
  std::vector<store::FillRecord> fills_;
  std::vector<BusId> dedup_;
  uint64_t new_buses_ = 0;
  uint64_t new_rules_ = 0;
  uint64_t discarded_ = 0;
  absl::string_view limit_hit_;
};

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_CATALOG_EDIT_H_
