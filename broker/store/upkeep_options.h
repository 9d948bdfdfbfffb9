#ifndef PAVANE_STORE_UPKEEP_OPTIONS_H_
#define PAVANE_STORE_UPKEEP_OPTIONS_H_

#include <cstddef>

namespace pavane::store {

/// When upkeep has something to do. The defaults are right for a broker; tests want less.
struct UpkeepOptions {
  /// Identities that make a segment of a de-duplication window.
  size_t dedup_segment_ids = 65536;
  /// Blocks are merged up to this size, by the bytes of their events.
  size_t merge_block_bytes = 64 << 10;
  /// A target's runs of fewer than `run_entries_small` entries are merged when there are this many.
  size_t merge_runs = 16;
  size_t run_entries_small = 1024;
  /// About what a small commit carries of upkeep's results; a large one a quarter of its own bytes.
  size_t piece_bytes = 4096;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_UPKEEP_OPTIONS_H_
