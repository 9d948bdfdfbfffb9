#ifndef PAVANE_STORE_BLOCK_MERGER_H_
#define PAVANE_STORE_BLOCK_MERGER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"

#include "base/ids.h"
#include "event/stored_event.h"
#include "store/upkeep.h"
#include "store/upkeep_options.h"

namespace pavane::store {

/// Small blocks, as commits of few events leave them, become large ones: a backlog that was written
/// one event at a time is then read a hundred at a time, and compresses.
///
/// Remembers the events of the newest consecutive small blocks of each bus, which the tail cache
/// holds anyway, so nothing is read back. Small blocks from before a start stay as they are.
/// Writer thread only.
class BlockMerger {
 public:
  /// Whether the event is kept: retention may have dropped it meanwhile.
  using IsKept = std::function<bool(event::EventRef)>;

  BlockMerger(UpkeepOptions options, IsKept is_kept, Upkeep& upkeep)
      : options_(options), is_kept_(std::move(is_kept)), upkeep_(upkeep) {}

  /// A block that is part of the commit at hand.
  void Add(absl::Span<const event::StoredEventPtr> events, size_t bytes);

 private:
  class Job;
  struct Small {
    std::vector<event::StoredEventPtr> events;
    std::vector<Sequence> lasts;  // of each block
    size_t bytes = 0;
  };

  void Submit(Small small);

  const UpkeepOptions options_;
  const IsKept is_kept_;
  Upkeep& upkeep_;
  absl::flat_hash_map<BusId, Small> small_;
  size_t bytes_ = 0;
  size_t jobs_ = 0;  // under way
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_BLOCK_MERGER_H_
