#include "admin/dead_letter_change.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "base/failpoint.h"
#include "base/status_macros.h"
#include "event/reason.h"
#include "event/view_buffer.h"
#include "ingress/gate.h"

namespace pavane::admin {

absl::Status DeadLetterChange::Prepare(store::CommitBuilder& commit) {
  const ingress::RuleSnapshotPtr rules = shared_.rules.snapshot();
  // A skipped letter comes back as it was read, so its event must not be dropped meanwhile either.
  if (work_.redrive || work_.skip) shared_.redrives.fetch_add(1, std::memory_order_release);
  for (const store::DeadLetterRecord& selected : work_.letters) {
    // Gone since it was read: by another call, or by retention.
    const std::pair<uint64_t, uint64_t> key(selected.ref.target.value(), selected.id);
    if (shared_.erasing.contains(key)) continue;
    // As it is now: retention may have copied the event into it meanwhile.
    absl::StatusOr<store::DeadLetterRecord> letter =
        shared_.log.GetDeadLetter({selected.ref.target, selected.id});
    if (!letter.ok() || (work_.skip && !letter->blocks_key)) continue;
    if (work_.redrive) {
      const absl::Status status = Redrive(rules->catalog(), *letter, commit);
      if (event::ReasonOf(status) == pavane::v1::TARGET_GONE && !work_.only_one) {
        ++outcome_.target_gone;
        continue;
      }
      RETURN_IF_ERROR(status);
    }
    commit.EraseDeadLetter(*letter);
    shared_.erasing.insert(key);
    mine_.push_back(key);
    ++outcome_.changed;
    ++outcome_.by_target[{letter->bus, letter->rule, letter->target}];
    if (work_.skip) {
      letter->blocks_key = false;
      commit.PutDeadLetter(*std::move(letter));
    }
  }
  FAILPOINT("admin.letters_prepared");
  return absl::OkStatus();
}

void DeadLetterChange::Complete(const absl::Status& status) {
  for (const auto& key : mine_) shared_.erasing.erase(key);
  // A skipped letter comes back as it was read, so its event must not be dropped meanwhile either.
  if (work_.redrive || work_.skip) shared_.redrives.fetch_add(1, std::memory_order_release);
  if (status.ok()) {
    done_(std::move(outcome_));
  } else {
    done_(ingress::ToCaller(status));
  }
  FAILPOINT("admin.letters_answered");
}

absl::Status DeadLetterChange::Redrive(const store::Catalog& catalog,
                                       const store::DeadLetterRecord& letter,
                                       store::CommitBuilder& commit) const {
  const TargetId target = work_.to_target ? work_.to_target : letter.ref.target;
  const store::TargetPlace place = catalog.FindTarget(target);
  if (place.rule == nullptr) {
    return event::Refused(
        absl::StatusCode::kFailedPrecondition, pavane::v1::TARGET_GONE,
        absl::StrCat("target '", letter.target, "' of rule '", letter.rule, "' on bus '",
                     letter.bus, "' no longer exists; name another with to_target"));
  }
  if (place.rule->bus_id != letter.ref.event.bus) {
    return event::Invalid(pavane::v1::INVALID_TARGET,
                          "to_target is on another bus than the dead letter's event");
  }
  store::ExceptionRecord exception;
  exception.ref = store::DeliveryRef{target, letter.ref.event};
  exception.due_us = commit.time_us();
  exception.kind = store::ExceptionRecord::Kind::kRedrive;
  exception.age_from_us = commit.time_us();
  exception.redriven = true;
  exception.event_accepted_us = letter.event_accepted_us;
  exception.event_bytes = letter.event_bytes;
  if (target == letter.ref.target) {
    exception.key_hash = letter.key_hash;
    exception.in_order = letter.blocks_key;
  } else {
    exception.key_hash = KeyFor(*place.rule, target, letter);
  }
  commit.PutException(std::move(exception));
  return absl::OkStatus();
}

// Another target may take its key from elsewhere in the event.
uint64_t DeadLetterChange::KeyFor(const store::RuleEntry& rule, TargetId target,
                                  const store::DeadLetterRecord& letter) const {
  const auto index =
      std::find(rule.target_ids.begin(), rule.target_ids.end(), target) - rule.target_ids.begin();
  const pavane::admin::v1::Target& definition = rule.rule.targets(static_cast<int>(index));
  if (definition.ordering().mode() != pavane::v1::Ordering::KEY) return 0;
  event::StoredEvent event;
  if (!letter.event_bytes.empty()) {
    event.bytes = letter.event_bytes;
  } else if (auto stored = shared_.log.ReadEvent(letter.ref.event); stored.ok()) {
    event = **stored;
  }
  event::ViewBuffer buffer;
  const absl::StatusOr<event::EventView> view = buffer.FillStored(event);
  return view.ok() ? ingress::OrderingKey(definition, *view) : 0;
}

}  // namespace pavane::admin
