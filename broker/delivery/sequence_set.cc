#include "delivery/sequence_set.h"

#include <algorithm>

namespace pavane::delivery {

SequenceSet::SequenceSet(const std::vector<std::pair<Sequence, Sequence>>& ranges)
    : ranges_(ranges) {}

size_t SequenceSet::UpperBound(Sequence sequence) const {
  if (ranges_.empty() || ranges_.back().first <= sequence) return ranges_.size();
  return std::upper_bound(ranges_.begin(), ranges_.end(), sequence,
                          [](Sequence s, const auto& range) { return s < range.first; }) -
         ranges_.begin();
}

void SequenceSet::Insert(Sequence sequence) {
  const size_t next = UpperBound(sequence);
  if (next > 0 && ranges_[next - 1].second >= sequence) return;  // there already
  const bool joins_before = next > 0 && ranges_[next - 1].second.Next() == sequence;
  const bool joins_next = next < ranges_.size() && ranges_[next].first == sequence.Next();
  if (joins_before && joins_next) {
    ranges_[next - 1].second = ranges_[next].second;
    ranges_.erase(ranges_.begin() + static_cast<ptrdiff_t>(next));
  } else if (joins_before) {
    ranges_[next - 1].second = sequence;
  } else if (joins_next) {
    ranges_[next].first = sequence;
  } else {
    ranges_.emplace(ranges_.begin() + static_cast<ptrdiff_t>(next), sequence, sequence);
  }
}

bool SequenceSet::Contains(Sequence sequence) const {
  const size_t next = UpperBound(sequence);
  return next > 0 && ranges_[next - 1].second >= sequence;
}

void SequenceSet::EraseThrough(Sequence sequence) {
  const auto kept = std::find_if(ranges_.begin(), ranges_.end(),
                                 [&](const auto& range) { return range.second > sequence; });
  ranges_.erase(ranges_.begin(), kept);
  if (!ranges_.empty() && ranges_.front().first <= sequence) {
    ranges_.front().first = sequence.Next();
  }
}

}  // namespace pavane::delivery
