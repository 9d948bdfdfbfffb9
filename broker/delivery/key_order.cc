#include "delivery/key_order.h"

#include <utility>

#include "base/check.h"

namespace pavane::delivery {

bool KeyOrder::IsFree(uint64_t key, Sequence sequence) const {
  return !keys_.contains(key) && !IsBlocked(key, sequence);
}

void KeyOrder::Park(uint64_t key, const Place& place) { keys_[key].parked.insert(place); }

void KeyOrder::Forget(uint64_t key, const Place& place) {
  auto found = keys_.find(key);
  if (found == keys_.end()) return;
  Key& state = found->second;
  if (state.offered == place) state.offered.reset();
  state.parked.erase(place);
  if (state.unused()) keys_.erase(found);
}

void KeyOrder::Take(uint64_t key, const Place& place) {
  Key& state = keys_[key];
  if (state.offered == place) state.offered.reset();
  state.parked.erase(place);
  ++state.out;
}

void KeyOrder::EndTake(uint64_t key) {
  auto found = keys_.find(key);
  CHECK(found != keys_.end() && found->second.out > 0) << "taken before";
  --found->second.out;
  if (found->second.unused()) keys_.erase(found);
}

bool KeyOrder::IsOffered(uint64_t key, const Place& place) const {
  auto found = keys_.find(key);
  return found != keys_.end() && found->second.offered == place;
}

KeyOrder::Moves KeyOrder::Settle(uint64_t key) {
  Moves moves;
  auto found = keys_.find(key);
  if (found == keys_.end()) return moves;
  Key& state = found->second;
  std::optional<Place> next;
  if (state.out == 0) {
    if (!state.parked.empty()) next = *state.parked.begin();
    if (state.offered && (!next || *state.offered < *next)) next = state.offered;
    if (next && IsBlocked(key, next->sequence)) next.reset();
  }
  if (next == state.offered) return moves;
  moves.park = std::exchange(state.offered, next);
  if (moves.park) state.parked.insert(*moves.park);
  moves.offer = next;
  if (next) state.parked.erase(*next);
  return moves;
}

void KeyOrder::Block(uint64_t key, Sequence sequence) {
  blocked_[key].insert(sequence);
  ++blocks_;
}

void KeyOrder::Unblock(uint64_t key, Sequence sequence) {
  auto found = blocked_.find(key);
  if (found == blocked_.end()) return;
  auto place = found->second.find(sequence);
  if (place == found->second.end()) return;
  found->second.erase(place);
  --blocks_;
  if (found->second.empty()) blocked_.erase(found);
}

bool KeyOrder::IsBlocked(uint64_t key, Sequence sequence) const {
  if (!blocking_) return false;
  auto found = blocked_.find(key);
  return found != blocked_.end() && *found->second.begin() < sequence;
}

std::vector<store::TargetState::Blocked> KeyOrder::Blocked() const {
  std::vector<store::TargetState::Blocked> all;
  all.reserve(blocks_);
  for (const auto& [key, sequences] : blocked_) {
    for (Sequence sequence : sequences) all.push_back({key, sequence});
  }
  return all;
}

}  // namespace pavane::delivery
