#ifndef PAVANE_STORE_COMMIT_BUILDER_H_
#define PAVANE_STORE_COMMIT_BUILDER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/ids.h"
#include "event/stored_event.h"
#include "store/commit_record.h"
#include "store/dedup_policy.h"

namespace pavane::store {

/// The answer to an append.
struct AppendResult {
  event::EventRef event;
  uint32_t matched_rules = 0;
  bool duplicate = false;
  bool scheduled = false;  // it waits, or is a duplicate of one that waits: no sequence yet
};

/// Collects the changes of one group commit on the writer thread. Each transaction adds its part in
/// Transaction::Prepare; a transaction that fails half-way is rolled back as a whole by the writer
/// (Mark / RollBack), so a transaction is all or nothing.
///
/// The builder numbers events, stamps recorded time and answers duplicates; it decides nothing
/// else.
class CommitBuilder {
 public:
  /// Recorded time of this commit, UTC microseconds.
  int64_t time_us() const;
  /// Catalog version with the changes of this commit so far.
  CatalogVersion catalog_version() const;

  /// Appends, unless the bus' window knows the event's dedup hash (then the first one's answer).
  /// Takes `event` without sequence, time and version; sets them. A dedup hash of zero is not
  /// de-duplicated. `key_hashes` is empty, or one for each target: see AppendedEvent.
  AppendResult AppendEvent(event::StoredEvent event, std::vector<TargetId> targets,
                           std::vector<uint64_t> key_hashes = {});

  /// Keeps the event until `due_us`, unless it is a duplicate as with AppendEvent, or of an event
  /// that waits. When it is due, EraseScheduled and AppendEvent belong into one transaction.
  AppendResult ScheduleEvent(event::StoredEvent event, int64_t due_us);
  /// False, and nothing is done, when the event does not wait any more.
  bool EraseScheduled(const ScheduledEvent& scheduled);
  /// Events that wait, those of this commit included.
  size_t scheduled() const;

  void Settle(SettlementRecord settlement);
  void PutException(ExceptionRecord exception);
  /// Of one commit, all erasures happen before all puts.
  void EraseException(const ExceptionRecord& exception);
  /// Sets and returns the letter's id.
  uint64_t PutDeadLetter(DeadLetterRecord letter);
  /// The letter must exist. False, and nothing is done, when this commit erases it already (of two
  /// redrives of one letter only the first may make a delivery).
  bool EraseDeadLetter(const DeadLetterRecord& letter);
  /// What of the past a target gets, from now on; nothing more where it is done.
  void PutFill(const FillRecord& fill);
  /// With the changes of this commit so far.
  std::optional<FillRecord> FindFill(TargetId target) const;
  /// The newest event of the bus, those of this commit included; 0: it never had one.
  Sequence last_sequence(BusId bus) const;
  /// Raises the catalog version by one. A bus also gets its de-duplication from here.
  void ChangeCatalog(CatalogChange change);

  /// Deliveries for the target appended or filled in by this commit so far (they are not yet seen
  /// by observers).
  uint64_t dispatched(TargetId target) const;
  /// Catalog changes of this commit so far, in order.
  const std::vector<CatalogChange>& catalog_changes() const;

  /// Sets de-duplication of a bus from now on; ChangeCatalog and the writer's start do it from the
  /// bus' settings, so this is for buses that have none.
  void SetDedupPolicy(BusId bus, DedupPolicy policy);

 private:
  friend class Writer;
  class State;
  explicit CommitBuilder(State* state) : state_(state) {}
  State* state_;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_COMMIT_BUILDER_H_
