#ifndef PAVANE_DELIVERY_SEQUENCE_SET_H_
#define PAVANE_DELIVERY_SEQUENCE_SET_H_

#include <utility>
#include <vector>

#include "base/ids.h"

namespace pavane::delivery {

/// A set of sequences as disjoint inclusive ranges: which entries above a watermark are done. Made
/// for what is inserted roughly in order: the ranges lie in one piece of memory.
class SequenceSet {
 public:
  SequenceSet() = default;
  explicit SequenceSet(const std::vector<std::pair<Sequence, Sequence>>& ranges);

  void Insert(Sequence sequence);
  bool Contains(Sequence sequence) const;
  /// Forgets everything at or below.
  void EraseThrough(Sequence sequence);
  const std::vector<std::pair<Sequence, Sequence>>& Ranges() const { return ranges_; }
  size_t size() const { return ranges_.size(); }
  bool empty() const { return ranges_.empty(); }

 private:
  /// The first range that begins behind it.
  size_t UpperBound(Sequence sequence) const;

  std::vector<std::pair<Sequence, Sequence>> ranges_;  // first, last; ascending
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_SEQUENCE_SET_H_
