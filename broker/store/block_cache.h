#ifndef PAVANE_STORE_BLOCK_CACHE_H_
#define PAVANE_STORE_BLOCK_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"

#include "base/ids.h"
#include "base/mutex.h"
#include "store/block_codec.h"

namespace pavane::store {

/// The blocks read back last, decoded: who drains a backlog asks for one event after the other of
/// the same block. Least recently used goes first. Any thread.
class BlockCache {
 public:
  explicit BlockCache(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// The block that holds the event; null when it is not here.
  std::shared_ptr<const Block> Find(event::EventRef ref) ABSL_LOCKS_EXCLUDED(mu_);
  void Add(std::shared_ptr<const Block> block) ABSL_LOCKS_EXCLUDED(mu_);
  void Clear() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  using Blocks = std::list<std::shared_ptr<const Block>>;

  const uint64_t bytes_max_;

  Mutex mu_;
  Blocks blocks_ ABSL_GUARDED_BY(mu_);  // last used first
  std::map<std::pair<BusId, Sequence>, Blocks::iterator> by_last_ ABSL_GUARDED_BY(mu_);
  uint64_t bytes_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_BLOCK_CACHE_H_
