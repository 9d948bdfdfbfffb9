#ifndef PAVANE_STORE_TARGET_STATE_H_
#define PAVANE_STORE_TARGET_STATE_H_

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "store/commit_record.h"

namespace pavane::store {

/// Counters of a target that survive restarts and never fall.
struct TargetCounters {
  uint64_t created = 0;
  uint64_t attempts = 0;
  uint64_t retries = 0;
  uint64_t successes = 0;
  std::array<uint64_t, kFailureReasons + 1> failed_by_reason{};  // index: FailureReason
  uint64_t sent_to_dead_letters = 0;
  uint64_t lost = 0;
  uint64_t discarded = 0;
};

/// The durable state of one target's queue, as a checkpoint keeps it: all fresh entries at or
/// before `watermark` are settled or exceptions; of those after it, `done` are. Entries themselves
/// are in the target's runs (Log::ReadTargetEntries), exceptions have records of their own.
struct TargetState {
  TargetId target;
  BusId bus;
  Sequence watermark;
  /// Sequences above the watermark that are settled or exceptions: ascending, disjoint, inclusive
  /// ranges.
  std::vector<std::pair<Sequence, Sequence>> done;
  /// Fresh entries not yet done, and exception records, at the checkpoint.
  uint64_t pending = 0;
  uint64_t exceptions = 0;
  TargetCounters counters;
  /// Ordering keys held by dead letters, with the sequences of the letters' events.
  struct Blocked {
    uint64_t key_hash = 0;
    Sequence sequence;
  };
  std::vector<Blocked> blocked;
};

/// One fresh entry of a target's queue.
struct TargetEntry {
  Sequence sequence;
  uint64_t key_hash = 0;  // of its ordering key; 0: it has none

  friend bool operator==(const TargetEntry&, const TargetEntry&) = default;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_TARGET_STATE_H_
