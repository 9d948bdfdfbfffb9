#ifndef PAVANE_STORE_TARGET_RUNS_H_
#define PAVANE_STORE_TARGET_RUNS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "base/ids.h"
#include "store/database.h"
#include "store/target_state.h"
#include "store/upkeep.h"
#include "store/upkeep_options.h"

namespace pavane::store {

/// Entries in one run: bounds what reading a part of it decodes.
inline constexpr size_t kRunEntriesMax = 4096;

/// The payload of a run: its entries' sequences, ascending, as differences, then the hashes of
/// their ordering keys where there are any. Returns the flags of the envelope.
[[nodiscard]] uint8_t AppendRun(absl::Span<const TargetEntry> entries, std::string& out);
/// Appends the entries; DataLoss when it is damaged.
absl::Status DecodeRun(absl::string_view key, absl::string_view value,
                       std::vector<TargetEntry>& entries);

/// Which runs each target has on disk. Checkpoints add small ones to a target that gets little;
/// when many have gathered they are merged, so that a long backlog takes few records and few reads.
/// Writer thread only.
class TargetRuns {
 public:
  TargetRuns(UpkeepOptions options, const Database& database, Upkeep& upkeep)
      : options_(options), database_(database), upkeep_(upkeep) {}

  /// A run behind those the target has.
  void Add(TargetId target, Sequence last, size_t entries);
  /// Forgets those that end at or before `last`, and returns their ends.
  std::vector<Sequence> RemoveThrough(TargetId target, Sequence last);
  /// Merges the small ones at the end, if there are many.
  void MergeSmall(TargetId target);

  /// All runs.
  size_t size() const { return size_; }

 private:
  class Job;
  struct Run {
    Sequence last;
    size_t entries = 0;
  };

  const UpkeepOptions options_;
  const Database& database_;
  Upkeep& upkeep_;
  absl::flat_hash_map<TargetId, std::deque<Run>> runs_;
  absl::flat_hash_set<TargetId> merging_;
  size_t size_ = 0;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_TARGET_RUNS_H_
