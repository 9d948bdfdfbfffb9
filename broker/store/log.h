#ifndef PAVANE_STORE_LOG_H_
#define PAVANE_STORE_LOG_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "base/ids.h"
#include "event/event_ref.h"
#include "event/stored_event.h"
#include "store/commit_record.h"
#include "store/dedup_policy.h"
#include "store/target_state.h"
#include "store/upkeep_options.h"

namespace pavane::store {

class DedupIndex;

/// What an acknowledgement promises.
enum class Durability { kFsync, kOs };

/// Figures of the engine for metrics and stats.
struct LogStats {
  Position last_position;
  uint64_t store_bytes = 0;
  uint64_t disk_free_bytes = 0;
  uint64_t commits = 0;
  uint64_t syncs = 0;
  std::vector<std::pair<std::string, double>> engine;  // name without prefix, value
};

/// The engine seam: a log of commit records with read paths beside it. `Append` is the only write
/// of events, settlements and catalog; a checkpoint is a cache of what the records say. No iterator
/// or batch of the engine crosses it, so that a replicated log can stand behind it one day.
///
/// RocksDB stores a commit record as one WriteBatch. Formats: docs/on-disk-format.md.
///
/// Threads: Append, WriteCheckpoint and the Drop functions from the writer thread only; reads from
/// any thread, and they see every append that has returned.
///
/// Errors: DataLoss for a failed checksum or a record that does not decode (the message names key
/// and file), FailedPrecondition for a newer format, Unavailable when another process holds the
/// directory, ResourceExhausted for a full disk, Internal for others. After a failed write every
/// further one fails with the same error.
class Log {
 public:
  struct Options {
    std::string directory;
    Durability durability = Durability::kFsync;
    uint64_t tail_cache_bytes = 32 << 20;
    /// Tests: wraps the file system (fault injection). Opaque here: a rocksdb::Env*.
    void* env = nullptr;
    bool create_if_missing = true;
    UpkeepOptions upkeep;
    /// Tests: small memtables, so that little data is flushed and merged. 0: as shipped.
    uint64_t memtables_bytes_max = 0;
    /// Gets the time of each sync that an Append waits for, on its thread; may be empty.
    std::function<void(absl::Duration)> on_sync = nullptr;
  };

  /// Opens or creates; raises the boot number durably. Verifies the last commit records.
  static absl::StatusOr<std::unique_ptr<Log>> Open(const Options& options);

  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Durable number of this start, from 1, higher at each start.
  BootNumber boot() const;
  /// Random id made when the store was created (UUID text); namespaces derived ids.
  const std::string& store_id() const;
  Position last_position() const;
  /// Recorded time and catalog version of the last commit; 0 when there is none.
  int64_t last_time_us() const;
  CatalogVersion catalog_version() const;

  // ---- the only write
  /// Appends one record; its position must be last_position() + 1. Returns when it is durable in
  /// the class in force. Prepares `commit.events` for the tail cache.
  absl::Status Append(const CommitRecord& commit);

  // ---- start
  /// All catalog entries now in force, and the ids to give next (Catalog::Apply takes both). They
  /// are of catalog_version().
  absl::StatusOr<std::vector<CatalogChange>> ReadCatalog() const;
  /// Target states as of the returned position.
  struct Checkpoint {
    Position position;
    std::vector<TargetState> targets;
    std::vector<std::pair<BusId, Sequence>> last_sequences;  // per bus, as of now (not of position)
    int64_t last_time_us = 0;                                // as of now
  };
  absl::StatusOr<Checkpoint> ReadCheckpoint() const;
  /// Calls `visit` with every commit after `after`, in order. Of the events it has ref,
  /// accepted_us, matched_rules and the targets; the rest is in their blocks (ReadEvent). Stops at
  /// the first error. Of commits at or before `events_after` the events are left out: a start needs
  /// only the settlements of those that its checkpoint knows.
  absl::Status ReplayCommits(Position after,
                             const std::function<absl::Status(const CommitRecord&)>& visit,
                             Position events_after = Position()) const;
  /// The position before the first commit whose recorded time is at or after `time_us`: where to
  /// start rebuilding windows (answers, dedup). Never before the oldest commit kept. With
  /// `settlements_max` it is later where more settlements would follow: a window that is also
  /// bounded by count must not read hours of them at start.
  absl::StatusOr<Position> FindPositionBefore(int64_t time_us,
                                              uint64_t settlements_max = UINT64_MAX) const;

  // ---- de-duplication (writer thread)
  /// The identities of the bus' events. Who appends asks and adds; empty until LoadDedup.
  DedupIndex& dedup(BusId bus);
  /// At start: reads those of the window that end at `now_us` back.
  absl::Status LoadDedup(BusId bus, DedupPolicy policy, int64_t now_us);
  /// Something that was read cannot be trusted: from now on every write fails with this error.
  void Fail(const absl::Status& error);

  // ---- events
  /// The event; NotFound when it never was or is past retention. From the tail cache if fresh.
  absl::StatusOr<event::StoredEventPtr> ReadEvent(event::EventRef ref) const;
  /// Events of one bus from `from` on (or, `backwards`, from `from` down), in order, at most
  /// `count_max` and about `bytes_max`; sequences past retention are skipped.
  absl::StatusOr<std::vector<event::StoredEventPtr>> ReadEvents(BusId bus, Sequence from,
                                                                bool backwards, size_t count_max,
                                                                size_t bytes_max) const;
  /// Sequences of events whose id hash is `id_hash`, newest first, at most `max`.
  absl::StatusOr<std::vector<Sequence>> FindById(BusId bus, const event::Hash128& id_hash,
                                                 size_t max) const;
  /// Sequences of events of a flow, oldest first, at most `max`.
  absl::StatusOr<std::vector<Sequence>> FindByCorrelation(BusId bus,
                                                          const event::Hash128& correlation_hash,
                                                          size_t max) const;
  std::vector<BusId> BusesWithEvents() const;
  /// Oldest and newest event kept; both 0 when there is none.
  std::pair<Sequence, Sequence> EventRange(BusId bus) const;
  /// Bytes of the events kept on the bus, as they came: neither compression nor what lies beside
  /// them counts. The first call for a bus reads the heads of all its blocks, later ones read
  /// nothing.
  absl::StatusOr<uint64_t> KeptBytes(BusId bus) const;
  /// What DropEvents must be told so that at least `bytes` less are kept: whole blocks from the
  /// front, never the newest one.
  absl::StatusOr<Sequence> FindByBytes(BusId bus, uint64_t bytes) const;
  /// The first sequence accepted at or after the time, last + 1 when there is none.
  absl::StatusOr<Sequence> FindByTime(BusId bus, int64_t accepted_us) const;

  // ---- rules as they were
  struct RuleAsOf {
    /// False: a broker that kept no history changed rules after the version asked for; the rest is
    /// as of the first version known.
    bool known = true;
    /// The rule was put or erased after the version; then `entry` is what it was (DecodeRule),
    /// empty if there was none of that name. Otherwise the catalog in force has what it was.
    bool changed_since = false;
    std::optional<std::string> entry;
  };
  /// What the rule of that name was when events of the catalog version were matched, as long as
  /// such an event is kept. A catalog snapshot that is not newer than catalog_version() has to be
  /// taken before, or a change in between would be missed.
  absl::StatusOr<RuleAsOf> ReadRuleAsOf(BusId bus, absl::string_view name,
                                        CatalogVersion version) const;

  // ---- queues
  /// Entries of the target after `after`, ascending, at most `max`: reads the target's runs and
  /// the dispatch records not yet merged into runs, never the bus.
  absl::StatusOr<std::vector<TargetEntry>> ReadTargetEntries(TargetId target, Sequence after,
                                                             size_t max) const;
  /// Exception records of the target in order of (due_us, event), after the key given, at most
  /// `max`.
  struct ExceptionKey {
    int64_t due_us = 0;
    event::EventRef event;
    friend auto operator<=>(const ExceptionKey&, const ExceptionKey&) = default;
  };
  absl::StatusOr<std::vector<ExceptionRecord>> ReadExceptions(TargetId target,
                                                              std::optional<ExceptionKey> after,
                                                              size_t max) const;

  // ---- scheduled events
  /// Scheduled events after (due_us, id), in key order; `visit` returns false to stop.
  struct ScheduledEventKey {
    int64_t due_us = 0;
    uint64_t id = 0;
    friend auto operator<=>(const ScheduledEventKey&, const ScheduledEventKey&) = default;
  };
  absl::Status VisitScheduled(std::optional<ScheduledEventKey> after,
                              const std::function<bool(const ScheduledEvent&)>& visit) const;

  // ---- fills
  /// What of the past is to be filled in, in order of targets.
  absl::StatusOr<std::vector<FillRecord>> ReadFills() const;

  // ---- dead letters
  /// Dead letters after (target, id), in key order; `visit` returns false to stop.
  struct DeadLetterKey {
    TargetId target;
    uint64_t id = 0;
    friend auto operator<=>(const DeadLetterKey&, const DeadLetterKey&) = default;
  };
  absl::Status VisitDeadLetters(std::optional<DeadLetterKey> after, std::optional<TargetId> target,
                                const std::function<bool(const DeadLetterRecord&)>& visit) const;
  absl::StatusOr<DeadLetterRecord> GetDeadLetter(DeadLetterKey key) const;
  /// Dead letters per target, kept exact in memory.
  uint64_t dead_letter_count(TargetId target) const;
  /// The same of every target that has any, deleted ones included.
  struct DeadLetterCount {
    TargetId target;
    std::string bus;  // its name when the last letter was written
    uint64_t count = 0;
  };
  std::vector<DeadLetterCount> DeadLetterCounts() const;

  // ---- upkeep (writer thread)
  /// Deliveries dispatched since the last checkpoint, which memory holds until the next one: a
  /// reason to write one early.
  size_t unmerged_entries() const;
  /// Stores the states of the dirty targets as of `position`, merges dispatch records up to it into
  /// runs, and forgets what no start needs any more: commit records at or before `position` whose
  /// time is before `keep_from_us`.
  absl::Status WriteCheckpoint(Position position, const std::vector<TargetState>& dirty,
                               const std::vector<TargetId>& gone, int64_t keep_from_us);
  /// Drops blocks of the bus that lie wholly before `before`, after copying the events that dead
  /// letters refer to. Bounded work; returns how many events went.
  absl::StatusOr<uint64_t> DropEvents(BusId bus, Sequence before);

  /// Waits for the upkeep that is under way, and writes its results now rather than with the next
  /// commits.
  absl::Status FinishUpkeep();
  /// Pieces of upkeep under way or waiting to be written.
  size_t open_upkeep() const;

  LogStats Stats() const;
  /// Free bytes of the file system the store is on.
  uint64_t FreeBytes() const;

 private:
  class Impl;
  explicit Log(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_LOG_H_
