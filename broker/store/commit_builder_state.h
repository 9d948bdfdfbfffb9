#ifndef PAVANE_STORE_COMMIT_BUILDER_STATE_H_
#define PAVANE_STORE_COMMIT_BUILDER_STATE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "pavane/admin/v1/bus.pb.h"
#include "store/commit_builder.h"
#include "store/dedup_index.h"
#include "store/log.h"
#include "store/scheduled_set.h"

namespace pavane::store {

/// What a CommitBuilder builds in: the commit at hand, and what goes on from commit to commit (the
/// sequences and dedup windows of the buses, the catalog version). Writer thread only.
class CommitBuilder::State {
 public:
  explicit State(DedupPolicy dedup_default) : dedup_default_(dedup_default) {}

  /// Reads where the log ends, the buses' policies, and the identities in their windows at
  /// `now_us`.
  absl::Status Load(Log& log, int64_t now_us);

  /// Starts the next commit at time max(now_us, last time + 1).
  void Begin(int64_t now_us);
  /// Remembers the commit as it is; RollBack takes back what was added since. The transaction
  /// between is whole or not there.
  void Mark();
  void RollBack();
  /// The commit. Begin starts the next one; an empty commit's position and time are used again.
  std::shared_ptr<const CommitRecord> Finish();
  bool empty() const { return commit_->empty(); }

  Position position() const { return position_; }
  int64_t time_us() const { return time_us_; }
  CatalogVersion catalog_version() const { return catalog_version_; }

 private:
  friend class CommitBuilder;

  struct Bus {
    explicit Bus(DedupIndex& index) : dedup(index) {}
    Sequence last;
    DedupIndex& dedup;  // the log's
  };
  struct Marked {
    size_t events = 0;
    size_t settlements = 0;
    size_t exceptions = 0;
    size_t exceptions_erased = 0;
    size_t dead_letters = 0;
    size_t dead_letters_erased = 0;
    size_t catalog = 0;
    size_t scheduled = 0;
    size_t scheduled_erased = 0;
    size_t fills = 0;
  };

  Bus& BusOf(BusId id);
  bool Deduplicates(const event::StoredEvent& event);
  /// The answer to the first event of the identity, if there was one in the window or one waits.
  std::optional<AppendResult> FirstOf(const event::StoredEvent& event);
  void SetFill(TargetId target, const std::optional<FillRecord>& fill);
  void SetPolicy(BusId id, DedupPolicy policy);
  void SetPolicyFrom(const CatalogChange& change);

  const DedupPolicy dedup_default_;
  Log* log_ = nullptr;  // set by Load

  // From commit to commit.
  Position position_;  // of the last commit
  int64_t last_time_us_ = 0;
  absl::flat_hash_map<BusId, std::unique_ptr<Bus>> buses_;
  ScheduledSet scheduled_;
  absl::flat_hash_map<TargetId, FillRecord> fills_;

  // Of the commit at hand.
  std::shared_ptr<CommitRecord> commit_ = std::make_shared<CommitRecord>();
  int64_t time_us_ = 0;
  CatalogVersion catalog_version_;
  absl::flat_hash_map<TargetId, uint64_t> dispatched_;
  absl::flat_hash_set<uint64_t> letters_erased_;

  // Of the transaction at hand.
  Marked marked_;
  std::vector<BusId> dedup_added_;
  std::vector<std::pair<BusId, DedupPolicy>> policies_before_;
  std::vector<std::pair<TargetId, std::optional<FillRecord>>> fills_before_;
};

/// The bus' settings as a policy; `fallback` where it says nothing.
DedupPolicy DedupPolicyOf(const pavane::admin::v1::Bus& bus, DedupPolicy fallback);

}  // namespace pavane::store

#endif  // PAVANE_STORE_COMMIT_BUILDER_STATE_H_
