#include "store/block_cache.h"

namespace pavane::store {

std::shared_ptr<const Block> BlockCache::Find(event::EventRef ref) {
  MutexLock lock(mu_);
  const auto found = by_last_.lower_bound({ref.bus, ref.sequence});
  if (found == by_last_.end() || found->first.first != ref.bus) return nullptr;
  const Blocks::iterator at = found->second;
  if (ref.sequence < (*at)->head.first) return nullptr;
  blocks_.splice(blocks_.begin(), blocks_, at);
  return *at;
}

void BlockCache::Add(std::shared_ptr<const Block> block) {
  MutexLock lock(mu_);
  const std::pair key(block->head.bus, block->head.last());
  const auto found = by_last_.find(key);
  if (found != by_last_.end()) {
    const Block& known = **found->second;
    if (known.head.first <= block->head.first) return;  // another thread read it too
    bytes_ -= known.bytes();  // since then it was merged into a larger one
    blocks_.erase(found->second);
    by_last_.erase(found);
  }
  bytes_ += block->bytes();
  blocks_.push_front(std::move(block));
  by_last_.emplace(key, blocks_.begin());
  while (bytes_ > bytes_max_ && blocks_.size() > 1) {
    const Block& oldest = *blocks_.back();
    bytes_ -= oldest.bytes();
    by_last_.erase({oldest.head.bus, oldest.head.last()});
    blocks_.pop_back();
  }
}

void BlockCache::Clear() {
  MutexLock lock(mu_);
  blocks_.clear();
  by_last_.clear();
  bytes_ = 0;
}

}  // namespace pavane::store
