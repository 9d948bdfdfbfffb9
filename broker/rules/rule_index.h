#ifndef PAVANE_RULES_RULE_INDEX_H_
#define PAVANE_RULES_RULE_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

#include "rules/compiled_test.h"
#include "rules/path_trie.h"
#include "rules/rule_id.h"
#include "rules/test_pool.h"
#include "rules/text_dictionary.h"

namespace pavane::rules {

/// A conjunction as the index takes it: its checks, in the order in which they are judged.
struct CompiledConjunction {
  RuleId rule = 0;
  uint32_t first_check = 0;
  uint32_t check_count = 0;
  bool may_be_absent = false;  // one of the checks
  uint32_t siblings = 1;       // conjunctions of its rule, itself among them
  uint64_t steps_max = 0;      // its share of the rule's work budget
};

/// A conjunction where the index ends: it is a candidate if the test of its run passes with its
/// operand (RuleIndex::operands), and then matches if its other checks do, less those on the way
/// that led here.
struct IndexEntry {
  uint64_t slots = 0;  // bit for each slot of the conjunction, modulo 64
  RuleId rule = 0;
  uint32_t conjunction = 0;
  uint32_t first_residual = 0;  // in RuleIndex::residuals
  uint16_t residual_count = 0;
  bool may_be_absent = false;  // one of its checks
  bool slots_collide = false;  // two slots have the same bit
  bool shallow = false;        // all of its slots are
};

/// Entries of one node whose tests are alike: same operation, same slot.
struct IndexRun {
  CompiledTest::Op op;
  uint32_t slot = 0;
  uint32_t first_entry = 0;
  uint32_t last_entry = 0;  // behind the last one
};

/// A slot by which a node has children. If `dense` is set, the child for an id of the slot is in
/// RuleIndex::dense_children at `first_child` plus the id's place among the slot's ids.
struct IndexSlot {
  uint32_t slot = 0;
  bool dense = false;
  uint32_t first_child = 0;
};

/// A node parts its conjunctions by the exact value of a slot, each by the one whose value is
/// rarest among them; those that are left, because they compare nothing exactly or are few, are
/// entries. A slot is shallow if its path has one step: the event's deferred objects cannot add to
/// it.
struct IndexNode {
  uint32_t first_run = 0;
  uint32_t run_count = 0;
  uint32_t first_slot = 0;  // in RuleIndex::slots: those with children, shallow ones first
  uint32_t shallow_count = 0;
  uint32_t slot_count = 0;
  uint32_t first_entry = 0;  // of all runs
  uint32_t entry_count = 0;
};

/// What the way down needs of a node, so small that those of all nodes stay in the cache. Behind
/// the last node stands one more, so that the next one says where a node's runs and entries end.
struct IndexHead {
  uint32_t first_run : 30;
  uint32_t leaf : 1;     // has runs and no children
  uint32_t shallow : 1;  // a leaf whose runs look at shallow slots only
  uint32_t first_entry;
};

/// Leads from the values of an event to the few conjunctions that may match it. Plain data, built
/// by BuildRuleIndex, constant afterwards.
class RuleIndex {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kRoot = 0;
  /// Operands that may be read from the first one of a run on, whatever its length.
  static constexpr uint32_t kLookahead = 8;

  /// The child of `node` by `by`, one of its slots, for the id `id` of that slot, which is the
  /// slot's `place`-th; kNone if there is none.
  uint32_t Child(uint32_t node, const IndexSlot& by, uint32_t id, uint32_t place) const {
    if (by.dense) return dense_children[by.first_child + place];
    const uint64_t key = uint64_t{node} << 32 | id;
    const uint64_t mask = children_.size() - 1;
    for (uint64_t at = Hash(key) & mask; children_[at].node != kNone; at = (at + 1) & mask) {
      if (children_[at].key == key) return children_[at].node;
    }
    return kNone;
  }

  std::vector<IndexNode> nodes;
  std::vector<IndexHead> heads;
  std::vector<IndexSlot> slots;
  std::vector<uint32_t> dense_children;
  std::vector<IndexRun> runs;
  // Side by side, since one is looked at for most entries of a run and the other for few.
  std::vector<CompiledTest::Operand> operands;
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

  std::vector<ChildEntry> children_ = std::vector<ChildEntry>(1);  // open addressing, 2^n
};

RuleIndex BuildRuleIndex(absl::Span<const CompiledConjunction> conjunctions,
                         absl::Span<const uint32_t> checks, const TestPool& pool,
                         const TextDictionary& dictionary, const PathTrie& trie);

}  // namespace pavane::rules

#endif  // PAVANE_RULES_RULE_INDEX_H_
