#ifndef PAVANE_RULES_EXPLAIN_COMBINATIONS_H_
#define PAVANE_RULES_EXPLAIN_COMBINATIONS_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

#include "rules/pattern.h"

namespace pavane::rules {

/// One way through a pattern: which branch of each `$or` on it is taken, and which fields are then
/// in force. Several ways may come to the same conjunction.
struct Combination {
  absl::flat_hash_map<const PatternNode*, size_t> branches;
  Conjunction fields;  // in force, in the order in which they are judged
};

/// The ways through a pattern, which must outlive the object, in the order in which the parser
/// multiplies them out.
class Combinations {
 public:
  explicit Combinations(const Pattern& pattern);

  const std::vector<Combination>& all() const { return all_; }
  /// Whether the field is in force in none of the ways.
  bool ReplacedAlways(uint32_t field) const { return !in_force_.contains(field); }
  /// Whether there is a field that is on several ways and in force in some of them only.
  bool ReplacedSometimes() const { return replaced_sometimes_; }

 private:
  void FindReplaced(const Pattern& pattern);

  std::vector<Combination> all_;
  absl::flat_hash_set<uint32_t> in_force_;
  bool replaced_sometimes_ = false;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_EXPLAIN_COMBINATIONS_H_
