#include "admin/catalog_edit.h"

#include "absl/strings/str_cat.h"

#include "event/reason.h"
#include "event/timestamp.h"
#include "metrics/broker_metrics.h"

namespace pavane::admin {

CatalogEdit::CatalogEdit(const store::Catalog& catalog, const delivery::Dispatcher& dispatcher,
                         const config::LimitsConfig& limits, const store::CommitBuilder& commit)
    : catalog_(catalog),
      dispatcher_(dispatcher),
      limits_(limits),
      commit_(commit),
      next_bus_(catalog.next_bus_id()),
      next_rule_(catalog.next_rule_id()),
      next_target_(catalog.next_target_id()) {}

google::protobuf::Timestamp CatalogEdit::now() const {
  google::protobuf::Timestamp now;
  event::SetTimestamp(commit_.time_us(), &now);
  return now;
}

absl::Status CatalogEdit::TooMany(absl::string_view what, uint64_t max, absl::string_view limit) {
  limit_hit_ = limit;
  return event::Refused(absl::StatusCode::kResourceExhausted, pavane::v1::TOO_MANY,
                        absl::StrCat("at most ", max, " ", what, " are allowed (", limit, ")"));
}

absl::StatusOr<BusId> CatalogEdit::NewBusId() {
  if (catalog_.bus_count() + new_buses_ >= limits_.buses_max) {
    return TooMany("buses", limits_.buses_max, metrics::kLimitBuses);
  }
  ++new_buses_;
  return std::exchange(next_bus_, next_bus_.Next());
}

absl::StatusOr<RuleId> CatalogEdit::NewRuleId() {
  if (catalog_.rule_count() + new_rules_ >= limits_.rules_max) {
    return TooMany("rules", limits_.rules_max, metrics::kLimitRules);
  }
  ++new_rules_;
  return std::exchange(next_rule_, next_rule_.Next());
}

void CatalogEdit::PutBus(const store::BusEntry& bus) {
  changes_.push_back(store::EncodeBus(bus));
  SetDedup(bus.id);
}
void CatalogEdit::EraseBus(BusId bus) { changes_.push_back(store::EraseBus(bus)); }
void CatalogEdit::PutRule(const store::RuleEntry& rule) {
  changes_.push_back(store::EncodeRule(rule));
}
void CatalogEdit::EraseRule(RuleId rule) { changes_.push_back(store::EraseRule(rule)); }
void CatalogEdit::PutRuleSet(const store::RuleSetEntry& rule_set) {
  changes_.push_back(store::EncodeRuleSet(rule_set));
}

absl::Status CatalogEdit::StartFill(TargetId target, BusId bus,
                                    const pavane::v1::StartPosition& start) {
  using Start = pavane::v1::StartPosition;
  store::FillRecord fill{target, bus, Sequence(1), commit_.last_sequence(bus)};
  if (start.position_case() == Start::kSequence) {
    fill.next = Sequence(start.sequence());
    if (fill.next > fill.last.Next()) {
      return event::Invalid(
          pavane::v1::INVALID_POLICY,
          absl::StrCat("start_position.sequence is ", start.sequence(),
                       ", the next event of the bus will be ", fill.last.Next().value()));
    }
  } else if (start.position_case() == Start::kTime) {
    fill.from_us = event::ToMicros(start.time());
    if (fill.from_us > commit_.time_us()) {
      return event::Invalid(pavane::v1::INVALID_POLICY, "start_position.time lies in the future");
    }
  } else if (start.position_case() != Start::kEarliest) {
    return absl::OkStatus();
  }
  if (!fill.done()) fills_.push_back(fill);
  return absl::OkStatus();
}

absl::Status CatalogEdit::GiveUp(TargetId target, bool discard, absl::string_view what) {
  // Observers have seen all commits before this one; the builder knows this one.
  const uint64_t unsettled = dispatcher_.unsettled(target) + commit_.dispatched(target);
  if (unsettled > 0 && !discard) {
    return event::Refused(absl::StatusCode::kFailedPrecondition, pavane::v1::HAS_UNSETTLED,
                          absl::StrCat(what, " has ", unsettled,
                                       " unsettled deliveries; let them be settled, or give them "
                                       "up with discard"));
  }
  discarded_ += unsettled;
  if (auto fill = commit_.FindFill(target)) {
    fill->next = fill->last.Next();
    fills_.push_back(*fill);
  }
  return absl::OkStatus();
}

}  // namespace pavane::admin
