#ifndef PAVANE_RULES_CONSISTENCY_SEARCH_H_
#define PAVANE_RULES_CONSISTENCY_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"

namespace pavane::rules {

/// An element of an array of an event that is an object or an array itself, so that values lie
/// inside it. Elements form a forest, kept in one vector in reading order: a parent comes before
/// its children. Number 0 stands for "inside no array".
struct ArrayElement {
  uint32_t array = 0;   // number of the array it belongs to
  uint32_t parent = 0;  // the innermost element that the array itself lies in
};

/// Looks for values of one conjunction's fields that come from the same elements of the arrays they
/// share. Used by the interpreter and the matcher alike, so that both spend the same steps.
///
/// Fields are judged in their order. For each, a value is chosen that no earlier choice
/// contradicts: no array may be bound to two different elements. Every choice is tried until one
/// reaches the end. `absent` is judged when its turn comes: it holds if all values of the field
/// contradict the choices made so far.
///
/// A step is an array element looked at or a value chosen. Elements that cannot agree are never
/// looked at, so arrays of one chain cost little; only unrelated arrays multiply.
class ConsistencySearch {
 public:
  enum class Outcome { kMatch, kNoMatch, kTooComplex };

  struct Field {
    /// The elements that the values which pass the field's tests lie in, in any order.
    std::vector<uint32_t> passing;
    /// Whether the field may be absent instead; if so (only then), the elements of all its values.
    bool may_be_absent = false;
    std::vector<uint32_t> all;
  };

  /// `elements` must outlive the search.
  ConsistencySearch(absl::Span<const ArrayElement> elements, uint64_t steps_max)
      : elements_(elements), steps_max_(steps_max) {}

  Outcome Run(std::vector<Field> fields);

  uint64_t steps() const { return steps_; }

 private:
  /// The elements that lead to some values, as a tree below number 0.
  struct Tree {
    std::vector<uint32_t> values;                                 // sorted
    std::vector<std::tuple<uint32_t, uint32_t, uint32_t>> edges;  // parent, array, child; sorted
  };
  struct Level {
    Tree passing;
    bool may_be_absent = false;
    Tree all;
  };

  static bool NeverHolds(const Field& field);
  static bool OneInArrays(const std::vector<Field>& fields);
  Tree MakeTree(std::vector<uint32_t> values) const;
  /// Appends the values of `tree` that agree with `bound_` to `found`, at most `limit`; false when
  /// the steps are used up.
  bool FindAgreeing(const Tree& tree, size_t limit, std::vector<uint32_t>* found);
  Outcome Judge(size_t level);
  Outcome Choose(size_t level, uint32_t element);

  const absl::Span<const ArrayElement> elements_;
  const uint64_t steps_max_;
  uint64_t steps_ = 0;
  std::vector<Level> levels_;
  absl::flat_hash_map<uint32_t, uint32_t> bound_;  // array to element
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_CONSISTENCY_SEARCH_H_
