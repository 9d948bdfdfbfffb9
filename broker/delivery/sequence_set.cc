#include "delivery/sequence_set.h"

#include <algorithm>

namespace pavane::delivery {

SequenceSet::SequenceSet(const std::vector<std::pair<Sequence, Sequence>>& ranges)
    : ranges_(ranges.begin(), ranges.end()) {}

void SequenceSet::Insert(Sequence sequence) {
  if (Contains(sequence)) return;
  auto next = ranges_.upper_bound(sequence);
  Sequence last = sequence;
  if (next != ranges_.end() && next->first == sequence.Next()) {
    last = next->second;
    next = ranges_.erase(next);
  }
  if (next != ranges_.begin()) {
    auto previous = std::prev(next);
    if (previous->second.Next() == sequence) {
      previous->second = last;
      return;
    }
  }
  ranges_.emplace_hint(next, sequence, last);
}

bool SequenceSet::Contains(Sequence sequence) const {
  auto next = ranges_.upper_bound(sequence);
  return next != ranges_.begin() && std::prev(next)->second >= sequence;
}

void SequenceSet::EraseThrough(Sequence sequence) {
  while (!ranges_.empty() && ranges_.begin()->second <= sequence) ranges_.erase(ranges_.begin());
  if (ranges_.empty() || ranges_.begin()->first > sequence) return;
  const Sequence last = ranges_.begin()->second;
  ranges_.erase(ranges_.begin());
  ranges_.emplace(sequence.Next(), last);
}

std::vector<std::pair<Sequence, Sequence>> SequenceSet::Ranges() const {
  return {ranges_.begin(), ranges_.end()};
}

}  // namespace pavane::delivery
