#ifndef PAVANE_RULES_RULE_INDEX_H_
#define PAVANE_RULES_RULE_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

#include "rules/compiled_test.h"
#include "rules/text_dictionary.h"

namespace pavane::rules {

/// A conjunction as the index takes it: its checks, in the order in which they are judged.
struct CompiledConjunction {
  uint32_t rule = 0;  // index of the rule in the matcher
  uint32_t first_check = 0;
  uint32_t check_count = 0;
  bool may_be_absent = false;  // one of the checks
  uint64_t steps_max = 0;      // its share of the rule's work budget
};

/// A conjunction where the index ends: it is a candidate if `test` passes, and then matches if its
/// other checks do, which are not on the way that led here.
struct IndexEntry {
  CompiledTest test;
  uint32_t conjunction = 0;
  uint32_t first_residual = 0;  // in RuleIndex::residuals
  uint32_t residual_count = 0;
};

/// Entries of one node whose tests are alike: same operation, same slot.
struct IndexRun {
  CompiledTest::Op op;
  uint32_t slot = 0;
  uint32_t first_entry = 0;
  uint32_t last_entry = 0;  // behind the last one
};

/// A node parts its conjunctions by the exact value of a slot, each by the one whose value is
/// rarest among them; those that are left, because they compare nothing exactly or are few, are
/// entries.
struct IndexNode {
  uint32_t first_run = 0;
  uint32_t run_count = 0;
  uint32_t first_slot = 0;  // in RuleIndex::slots: those with children
  uint32_t slot_count = 0;
};

/// Leads from the values of an event to the few conjunctions that may match it. Plain data, built
/// by BuildRuleIndex, constant afterwards.
class RuleIndex {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kRoot = 0;

  /// The child of `node` for the value with the dictionary's id `id`; kNone if there is none.
  uint32_t Child(uint32_t node, uint32_t id) const {
    if (children_.empty()) return kNone;
    const uint64_t key = uint64_t{node} << 32 | id;
    const uint64_t mask = children_.size() - 1;
    for (uint64_t place = Hash(key) & mask; children_[place].node != kNone;
         place = (place + 1) & mask) {
      if (children_[place].key == key) return children_[place].node;
    }
    return kNone;
  }

  std::vector<IndexNode> nodes;
  std::vector<uint32_t> slots;
  std::vector<IndexRun> runs;
  std::vector<IndexEntry> entries;
  std::vector<uint32_t> residuals;  // checks

  size_t MemoryBytes() const;

 private:
  friend class RuleIndexBuilder;
  struct ChildEntry {
    uint64_t key = 0;
    uint32_t node = kNone;
  };

  static uint64_t Hash(uint64_t key) {
    key *= 0x9e3779b97f4a7c15u;
    return key ^ (key >> 32);
  }

  std::vector<ChildEntry> children_;  // open addressing, a power of two
};

RuleIndex BuildRuleIndex(absl::Span<const CompiledConjunction> conjunctions,
                         absl::Span<const uint32_t> checks, const TestPool& pool,
                         const TextDictionary& dictionary);

}  // namespace pavane::rules

#endif  // PAVANE_RULES_RULE_INDEX_H_
