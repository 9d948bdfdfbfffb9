#include "store/tail_cache.h"

#include <utility>

namespace pavane::store {
namespace {

uint64_t MemoryOf(const event::StoredEvent& event) {
  return event.bytes.capacity() + sizeof(event::StoredEvent) + 2 * sizeof(event::StoredEventPtr);
}

}  // namespace

void TailCache::Add(BusId bus, absl::Span<const event::StoredEventPtr> events) {
  if (events.empty()) return;
  Addition addition{bus, events.size(), 0};
  for (const auto& event : events) addition.bytes += MemoryOf(*event);
  std::vector<event::StoredEventPtr> evicted;  // freed after the lock is
  MutexLock lock(mu_);
  Tail& tail = tails_[bus];
  if (tail.events.empty()) tail.first = events.front()->ref.sequence;
  tail.events.insert(tail.events.end(), events.begin(), events.end());
  additions_.push_back(addition);
  bytes_ += addition.bytes;
  while (bytes_ > bytes_max_ && !additions_.empty()) EvictOldest(evicted);
}

void TailCache::EvictOldest(std::vector<event::StoredEventPtr>& evicted) {
  const Addition addition = additions_.front();
  additions_.pop_front();
  bytes_ -= addition.bytes;
  const auto found = tails_.find(addition.bus);
  Tail& tail = found->second;
  for (size_t i = 0; i < addition.count; ++i) {
    evicted.push_back(std::move(tail.events.front()));
    tail.events.pop_front();
  }
  tail.first = tail.first + addition.count;
  if (tail.events.empty()) tails_.erase(found);
}

const event::StoredEventPtr* TailCache::Lookup(event::EventRef ref) const {
  const auto found = tails_.find(ref.bus);
  if (found == tails_.end()) return nullptr;
  const Tail& tail = found->second;
  if (ref.sequence < tail.first || ref.sequence - tail.first >= tail.events.size()) return nullptr;
  return &tail.events[ref.sequence - tail.first];
}

event::StoredEventPtr TailCache::Find(event::EventRef ref) const {
  MutexLock lock(mu_);
  const event::StoredEventPtr* found = Lookup(ref);
  return found == nullptr ? nullptr : *found;
}

Sequence TailCache::Read(BusId bus, Sequence from, bool backwards, size_t count_max,
                         size_t bytes_max, size_t& bytes,
                         std::vector<event::StoredEventPtr>& out) const {
  MutexLock lock(mu_);
  while (out.size() < count_max && (out.empty() || bytes < bytes_max)) {
    const event::StoredEventPtr* found = Lookup({bus, from});
    if (found == nullptr) break;
    bytes += (*found)->bytes.size();
    out.push_back(*found);
    backwards ? --from : ++from;
  }
  return from;
}

}  // namespace pavane::store
