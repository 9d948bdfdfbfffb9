#ifndef PAVANE_DELIVERY_SEQUENCE_SET_H_
#define PAVANE_DELIVERY_SEQUENCE_SET_H_

#include <map>
#include <utility>
#include <vector>

#include "base/ids.h"

namespace pavane::delivery {

/// A set of sequences as disjoint inclusive ranges: which entries above a watermark are done.
class SequenceSet {
 public:
  SequenceSet() = default;
  explicit SequenceSet(const std::vector<std::pair<Sequence, Sequence>>& ranges);

  void Insert(Sequence sequence);
  bool Contains(Sequence sequence) const;
  /// Forgets everything at or below.
  void EraseThrough(Sequence sequence);
  std::vector<std::pair<Sequence, Sequence>> Ranges() const;
  bool empty() const { return ranges_.empty(); }

 private:
  std::map<Sequence, Sequence> ranges_;  // first -> last
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_SEQUENCE_SET_H_
