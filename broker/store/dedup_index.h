#ifndef PAVANE_STORE_DEDUP_INDEX_H_
#define PAVANE_STORE_DEDUP_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/ids.h"
#include "event/hash128.h"
#include "store/database.h"
#include "store/dedup_filter.h"
#include "store/dedup_policy.h"
#include "store/dedup_segment.h"
#include "store/dedup_table.h"
#include "store/upkeep.h"
#include "store/upkeep_options.h"

namespace pavane::store {

/// The event identities of one bus within its de-duplication window, by time and by the number of
/// events, whichever is less. Exact, over restarts too, and of bounded memory however wide the
/// window is.
///
/// The newest identities are in tables in memory, which a start reads back from the blocks' heads.
/// When some 65,536 have come they are sealed into a segment on disk, sorted, of which memory keeps
/// a filter of 4.3 bytes an identity. So a new identity costs a look into a table and a dozen
/// filters, and only one that was seen before costs a read. Entries past the window are not
/// removed one by one: a look-up compares their time, and tables and segments go whole.
///
/// Writer thread only; what it hands to the upkeep thread is immutable.
class DedupIndex {
 public:
  DedupIndex(const Database& database, BusId bus, DedupPolicy policy, UpkeepOptions options);
  DedupIndex(const DedupIndex&) = delete;
  DedupIndex& operator=(const DedupIndex&) = delete;

  const DedupPolicy& policy() const { return policy_; }
  void set_policy(DedupPolicy policy) { policy_ = policy; }

  /// The first event of that identity within the window, if any.
  absl::StatusOr<std::optional<DedupFirst>> Find(const event::Hash128& hash, int64_t now_us);
  /// Adds at the new end; sequences rise.
  void Add(const DedupEntry& entry);
  /// Takes back the newest addition, of the commit at hand.
  void RemoveNewest();

  // ---- between commits
  /// Forgets what left the window, and closes the newest table when it is full or old. Appends the
  /// deletion of segments that are needed no more.
  void Expire(int64_t now_us, std::vector<UpkeepWrite>& deletions);
  /// A job that seals the closed tables, when they are worth a segment and none is at work.
  std::unique_ptr<UpkeepJob> MakeSealJob();
  bool sealing() const { return sealing_ > 0; }
  /// Whether memory alone holds an identity of the window that came before `before`.
  bool HoldsBefore(Sequence before, int64_t now_us) const;
  /// Seals at once what memory holds up to `through`, the last event committed: appends what to
  /// write. For events that are about to be dropped, so that a start could not read them back. Not
  /// while a job is at work.
  absl::Status SealCommitted(Sequence through, int64_t now_us, std::vector<UpkeepWrite>& writes);

  // ---- start
  /// Reads the segments; `newest` is the last event of the bus. Appends the deletion of segments
  /// past the window, and of chunks without a head, which a crash left.
  absl::Status Load(Sequence newest, int64_t now_us, std::vector<UpkeepWrite>& writes);
  /// What a segment says; those after it are to be read from the blocks' heads.
  Sequence sealed_through() const { return sealed_through_; }
  /// As Add for those, but seals as it goes.
  void LoadEntry(const DedupEntry& entry, std::vector<UpkeepWrite>& writes);

  // ---- figures
  size_t ids_in_memory() const;
  size_t segments() const { return segments_.size(); }
  size_t memory_bytes() const;

 private:
  class SealJob;
  using TablePtr = std::shared_ptr<DedupTable>;
  using FilterPtr = std::shared_ptr<const DedupFilter>;

  bool IsLive(const DedupEntry& entry, int64_t now_us) const {
    return IsLive(entry.sequence, entry.accepted_us, now_us);
  }
  bool IsLive(Sequence sequence, int64_t accepted_us, int64_t now_us) const;
  absl::StatusOr<std::optional<DedupEntry>> FindOnDisk(const event::Hash128& hash, int64_t now_us);
  absl::StatusOr<std::optional<DedupEntry>> FindInSegment(const DedupSegment& segment,
                                                          const event::Hash128& hash) const;
  void CloseTable();
  size_t closed_ids() const;
  void Seal(std::vector<DedupEntry> entries, std::vector<UpkeepWrite>& writes);
  /// The last segment's entries, if it is so small that one with them is no larger than usual.
  absl::Status TakeBackSmallSegment(std::vector<DedupEntry>& entries,
                                    std::vector<UpkeepWrite>& writes);
  /// `filters` replace those of the segments so far.
  void AddSegment(const DedupSegment& segment, std::deque<FilterPtr> filters);
  void DeleteSegment(const DedupSegment& segment, std::vector<UpkeepWrite>& writes) const;

  const Database& database_;
  const BusId bus_;
  const UpkeepOptions options_;
  DedupPolicy policy_;
  Sequence newest_;

  // Oldest first; only the last one is added to. The first `sealing_` are with a job.
  std::deque<TablePtr> tables_;
  size_t sealing_ = 0;

  // Oldest first. Each filter stands for consecutive segments; the first one also for
  // `dropped_` that are gone from the front.
  std::deque<DedupSegment> segments_;
  std::deque<FilterPtr> filters_;
  size_t dropped_ = 0;
  Sequence sealed_through_;
};

/// The filters with that of one more segment at the end: those of the same size are merged, so
/// there are few.
std::deque<std::shared_ptr<const DedupFilter>> WithSegment(
    std::deque<std::shared_ptr<const DedupFilter>> filters, const std::vector<uint64_t>& prefixes);

}  // namespace pavane::store

#endif  // PAVANE_STORE_DEDUP_INDEX_H_
