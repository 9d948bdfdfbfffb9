#ifndef PAVANE_STORE_LOG_IMPL_H_
#define PAVANE_STORE_LOG_IMPL_H_

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/mutex.h"
#include "store/ack_mark.h"
#include "store/block_cache.h"
#include "store/block_codec.h"
#include "store/block_merger.h"
#include "store/catalog_codec.h"
#include "store/database.h"
#include "store/dedup_index.h"
#include "store/log.h"
#include "store/tail_cache.h"
#include "store/target_runs.h"
#include "store/target_tails.h"
#include "store/upkeep.h"

namespace pavane::store {

/// What Log consists of. Its functions are in log_open.cc, log_append.cc, log_checkpoint.cc,
/// log_bytes.cc, log_dedup.cc, log_drop.cc, log_read.cc, log_rules.cc and log_upkeep.cc; what a
/// function does is said at Log's function of the same name.
class Log::Impl {
 public:
  explicit Impl(const Options& options)
      : options(options),
        tail_cache(options.tail_cache_bytes),
        block_cache(options.tail_cache_bytes / 4) {}

  // ---- log_open.cc
  absl::Status Open();

  // ---- log_append.cc
  absl::Status Append(const CommitRecord& commit);

  // ---- log_checkpoint.cc
  absl::Status WriteCheckpoint(Position position, const std::vector<TargetState>& dirty,
                               const std::vector<TargetId>& gone, int64_t keep_from_us);

  // ---- log_dedup.cc
  DedupIndex& Dedup(BusId bus);
  absl::Status LoadDedup(BusId bus, DedupPolicy policy, int64_t now_us);

  // ---- log_drop.cc
  absl::StatusOr<uint64_t> DropEvents(BusId bus, Sequence before);

  // ---- log_upkeep.cc
  absl::Status FinishUpkeep();

  // ---- log_rules.cc
  absl::StatusOr<RuleAsOf> ReadRuleAsOf(BusId bus, absl::string_view name,
                                        CatalogVersion version) const;

  // ---- log_bytes.cc
  absl::StatusOr<uint64_t> KeptBytes(BusId bus) const ABSL_LOCKS_EXCLUDED(mu);
  absl::StatusOr<Sequence> FindByBytes(BusId bus, uint64_t bytes) const;

  // ---- log_read.cc
  absl::StatusOr<CommitRecord> ReadCommit(Position position) const;
  absl::StatusOr<int64_t> ReadCommitTime(Position position) const;
  absl::Status ReplayCommits(Position after, Position events_after,
                             const std::function<absl::Status(const CommitRecord&)>& visit) const;
  absl::StatusOr<Position> FindPositionBefore(int64_t time_us) const;
  absl::StatusOr<Position> LimitSettlements(Position from, uint64_t settlements_max) const;
  /// The block that holds the event, or else the next one of the bus; NotFound when there is none.
  absl::StatusOr<std::shared_ptr<const Block>> FindBlock(event::EventRef ref) const;
  absl::StatusOr<std::shared_ptr<const Block>> ReadBlock(event::EventRef ref) const;
  absl::StatusOr<event::StoredEventPtr> ReadEvent(event::EventRef ref) const;
  std::pair<Sequence, Sequence> EventRange(BusId bus) const ABSL_LOCKS_EXCLUDED(mu);

  // ---- constant after Open
  const Options options;
  BootNumber boot;
  std::string store_id;
  std::unique_ptr<Database> database;

  /// What rules were is kept from this version on: a broker that kept nothing wrote before it.
  CatalogVersion rule_history_from;

  // ---- own synchronization
  mutable TailCache tail_cache;
  mutable BlockCache block_cache;
  std::atomic<uint64_t> commits{0};
  std::atomic<uint64_t> syncs{0};

  // ---- writer thread only
  std::unique_ptr<AckMark> ack_mark;
  NextIds next_ids;
  /// The first failed write: after it nothing is written any more.
  absl::Status failure;
  // Reused from commit to commit.
  std::string value;
  std::string scratch;
  rocksdb::WriteBatch batch;
  /// After blocks that did not compress, so many are stored as they are before the next try.
  absl::flat_hash_map<BusId, int> skip_compression;
  Position checkpoint_position;
  /// Changes of dead-letter counts since the checkpoint, and the counts as of it.
  struct LetterChange {
    Position position;
    TargetId target;
    int64_t change;
  };
  std::deque<LetterChange> letter_changes;
  absl::flat_hash_map<TargetId, uint64_t> checkpoint_letters;
  /// Addresses are kept: jobs and the commit builder point to them.
  absl::flat_hash_map<BusId, std::unique_ptr<DedupIndex>> dedup;
  /// Deletions that go with the next batch.
  std::vector<UpkeepWrite> deletions;
  std::unique_ptr<BlockMerger> blocks;
  std::unique_ptr<TargetRuns> runs;
  bool upkeep_is_behind = false;   // the next batch takes all that is computed
  std::unique_ptr<Upkeep> upkeep;  // ends before what its jobs point to

  struct Range {
    Sequence first;                      // 0: no event is kept
    Sequence last;                       // the newest ever given
    uint64_t appended_bytes = 0;         // since the start
    std::optional<uint64_t> kept_bytes;  // counted when first asked for
  };
  struct Letters {
    std::string bus;
    uint64_t count = 0;
  };

  mutable Mutex mu;
  Position oldest_position ABSL_GUARDED_BY(mu);  // commit records from here on are kept
  Position last_position ABSL_GUARDED_BY(mu);
  int64_t last_time_us ABSL_GUARDED_BY(mu) = 0;
  CatalogVersion catalog_version ABSL_GUARDED_BY(mu);
  mutable absl::flat_hash_map<BusId, Range> ranges ABSL_GUARDED_BY(mu);
  absl::flat_hash_map<TargetId, Letters> letters ABSL_GUARDED_BY(mu);
  TargetTails tails ABSL_GUARDED_BY(mu);

 private:
  // ---- log_open.cc
  absl::Status CheckFormat(bool& created);
  absl::Status WriteIdentity(bool created);
  absl::Status LoadCatalogIds();
  absl::Status LoadCheckpoint();
  absl::StatusOr<std::string> BusOfLetters(TargetId target) const;
  absl::Status LoadLastCommit();
  absl::Status LoadRanges();
  absl::Status LoadRuns();
  absl::Status ReplayTail();
  // That the events it dispatches are there.
  absl::Status CheckEventsOf(const CommitRecord& commit) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  absl::Status CheckAckMark();
  absl::Status CheckLogs();

  // ---- log_append.cc
  absl::Status WriteCommit(const CommitRecord& commit, bool sync);
  absl::Status WriteUpkeep();  // `batch`, unsynced
  absl::Status PutEvents(const CommitRecord& commit);
  absl::Status PutBlock(absl::Span<const event::StoredEventPtr> events);
  absl::Status PutExceptions(const CommitRecord& commit);
  absl::Status PutDeadLetters(const CommitRecord& commit);
  absl::Status PutCatalog(const CommitRecord& commit);
  absl::Status PutScheduled(const CommitRecord& commit);
  absl::Status PutFills(const CommitRecord& commit);
  absl::Status Put(Family family, absl::string_view key, absl::string_view payload,
                   uint8_t flags = 0);
  absl::Status PutSealed(Family family, absl::string_view key);  // `value`
  absl::Status Delete(Family family, absl::string_view key);
  void Remember(const CommitRecord& commit) ABSL_LOCKS_EXCLUDED(mu);
  void CountLetters(const CommitRecord& commit) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);

  // ---- log_checkpoint.cc
  absl::Status PutTargetStates(const std::vector<TargetState>& dirty,
                               const std::vector<TargetId>& gone);
  struct NewRun {
    TargetId target;
    Sequence last;
    size_t entries;
  };
  absl::Status PutRuns(Position position, const absl::flat_hash_map<TargetId, Sequence>& watermarks,
                       const absl::flat_hash_set<TargetId>& gone, std::vector<NewRun>& written);
  absl::Status DeleteRuns(const absl::flat_hash_map<TargetId, Sequence>& watermarks,
                          const std::vector<TargetId>& gone);
  absl::Status PutLetterCounts(Position position);
  absl::Status DeleteCommits(Position through, int64_t keep_from_us, Position& oldest);

  // ---- log_dedup.cc
  absl::Status LoadDedupFromBlocks(DedupIndex& index, BusId bus, Sequence from, int64_t after_us,
                                   std::vector<UpkeepWrite>& writes) const;
  void TendDedup(BusId bus, int64_t now_us);
  absl::Status SealBeforeDrop(BusId bus, Sequence before, int64_t now_us);

  // ---- log_upkeep.cc
  absl::Status AddWrites(const std::vector<UpkeepWrite>& writes);
  absl::Status AddUpkeep();
  void StartUpkeep(const CommitRecord& commit);
  void UpkeepWritten();

  // ---- log_rules.cc
  absl::Status LoadRuleHistory();
  absl::Status PutRuleHistory(const CommitRecord& commit);
  absl::Status PutRuleBefore(const CommitRecord& commit, const CatalogChange& change,
                             const std::optional<std::string>& before, CatalogVersion version);
  absl::StatusOr<std::optional<std::string>> ReadCatalogEntry(CatalogChange::Kind kind,
                                                              uint64_t id) const;
  bool HasEvents(BusId bus, const CommitRecord& commit) const;
  /// Adds to `batch` that what no event after `dropped` was judged by is gone.
  absl::Status ForgetRules(BusId bus, Sequence dropped);

  // ---- log_drop.cc
  absl::Status CopyIntoLetters(BusId bus, Sequence first, Sequence last);

  // ---- log_bytes.cc
  /// Nothing when blocks were dropped meanwhile.
  absl::StatusOr<std::optional<uint64_t>> SumBlocks(BusId bus, Sequence first, Sequence last) const;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_LOG_IMPL_H_
