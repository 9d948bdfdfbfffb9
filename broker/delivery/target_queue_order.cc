// The half of TargetQueue that keeps the deliveries of one key in order: moves them between parked
// and offered as KeyOrder tells.
#include <algorithm>
#include <utility>

#include "delivery/target_queue.h"

namespace pavane::delivery {

void TargetQueue::OnBlocked(const store::DeadLetterRecord& letter) {
  order_.Block(letter.key_hash, letter.ref.event.sequence);
  Arrange(Counts(letter.key_hash));
}

void TargetQueue::OnUnblocked(const store::DeadLetterRecord& letter) {
  order_.Unblock(letter.key_hash, letter.ref.event.sequence);
  Arrange(Counts(letter.key_hash));
}

void TargetQueue::SetOrder(bool by_key, bool block) {
  if (by_key == ordered_ && block == order_.blocking()) return;
  UnparkAll();
  ordered_ = by_key;
  order_.set_blocking(block);
  stalled_ = false;
  if (!ordered_) return;
  for (const auto& [sequence, key_hash] : outstanding_) {
    if (key_hash != 0) order_.Take(key_hash, {sequence, false, 0});
  }
  for (const auto& [event, taken] : taken_exceptions_) {
    if (taken.key_hash != 0) order_.Take(taken.key_hash, PlaceOf(taken.key));
  }
  // Fresh entries are looked at when they are taken.
  for (auto& [key, exception] : std::exchange(waiting_, {})) AddException(std::move(exception));
}

void TargetQueue::UnparkAll() {
  std::deque<Fresh> fresh;
  auto at = fresh_.begin();
  for (const auto& [sequence, parked] : parked_fresh_) {
    while (at != fresh_.end() && at->sequence < sequence) fresh.push_back(*at++);
    fresh.push_back(parked);
  }
  fresh.insert(fresh.end(), at, fresh_.end());
  fresh_ = std::move(fresh);
  parked_fresh_.clear();
  waiting_.merge(parked_exceptions_);
  parked_exceptions_.clear();
  order_.Clear();
}

// Moves what has to move after a change around the key; 0: some change without a key.
void TargetQueue::Arrange(uint64_t key_hash) {
  stalled_ = false;
  if (key_hash == 0) return;
  const KeyOrder::Moves moves = order_.Settle(key_hash);
  if (moves.park) MoveToParked(*moves.park);
  if (moves.offer) MoveToOffered(*moves.offer);
}

void TargetQueue::MoveToParked(const KeyOrder::Place& place) {
  if (place.exception) {
    parked_exceptions_.insert(waiting_.extract(Key{place.due_us, {bus_, place.sequence}}));
    return;
  }
  const auto found = std::lower_bound(
      fresh_.begin(), fresh_.end(), place.sequence,
      [](const Fresh& fresh, Sequence sequence) { return fresh.sequence < sequence; });
  parked_fresh_.emplace(place.sequence, *found);
  fresh_.erase(found);
}

void TargetQueue::MoveToOffered(const KeyOrder::Place& place) {
  if (place.exception) {
    waiting_.insert(parked_exceptions_.extract(Key{place.due_us, {bus_, place.sequence}}));
    return;
  }
  const auto found = parked_fresh_.find(place.sequence);
  AddFresh(found->second);
  parked_fresh_.erase(found);
}

void TargetQueue::Park(const Fresh& fresh) {
  parked_fresh_.emplace(fresh.sequence, fresh);
  order_.Park(fresh.key_hash, PlaceOf(fresh));
  Arrange(fresh.key_hash);
}

void TargetQueue::EndTake(uint64_t key_hash) {
  const uint64_t counts = Counts(key_hash);
  if (counts != 0) order_.EndTake(counts);
  Arrange(counts);
}

// An exception on disk may hold any key, and further dead letters might block further ones.
bool TargetQueue::MayTakeKeyed() const { return !more_exceptions_on_disk_ && !TooManyBlocks(); }

}  // namespace pavane::delivery
