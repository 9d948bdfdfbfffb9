#ifndef PAVANE_RULES_INDEX_WALK_H_
#define PAVANE_RULES_INDEX_WALK_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rules/compiled_rules.h"
#include "rules/event_values.h"
#include "rules/rule_index.h"

namespace pavane::rules {

/// The nodes of the index that an event's values lead to, from the root on.
class IndexWalk {
 public:
  /// All outlive the walk; `nodes` is where it keeps the nodes.
  IndexWalk(const CompiledRules& rules, EventValues* values, std::vector<uint32_t>* nodes)
      : dictionary_(rules.dictionary), index_(rules.index), values_(*values), nodes_(*nodes) {
    nodes_.assign(1, RuleIndex::kRoot);
  }

  /// Finds the nodes that shallow slots alone lead to. Shows those to `visit` at once that look at
  /// nothing else, and has what is needed of the others fetched from memory while the rest of the
  /// event is read. False if there are no others.
  template <typename Visit>
  bool DescendShallow(Visit visit) {
    bool left = false;
    for (; descended_ < nodes_.size(); ++descended_) {
      const uint32_t number = nodes_[descended_];
      if (index_.heads[number].shallow) {
        visit(index_.nodes[number]);
        nodes_[descended_] = RuleIndex::kNone;
        continue;
      }
      FetchEntries(number);
      left |= index_.heads[number].leaf || DescendShallow(number);
    }
    return left;
  }

  /// Finds the other nodes, and shows every node that was not shown before to `visit`.
  template <typename Visit>
  void Descend(Visit visit) {
    for (size_t i = 0; i < nodes_.size(); ++i) {
      const uint32_t number = nodes_[i];
      if (number == RuleIndex::kNone) continue;
      const IndexNode& node = index_.nodes[number];
      if (node.slot_count != 0) {
        if (i >= descended_) FindChildren(number, 0, true);
        FindChildren(number, node.shallow_count, false);
      }
      visit(node);
    }
  }

 private:
  void FetchEntries(uint32_t number) const;
  bool DescendShallow(uint32_t number);
  void FindChildren(uint32_t number, uint32_t first, bool shallow);
  void FindChildren(uint32_t number, const IndexSlot& by);

  const TextDictionary& dictionary_;
  const RuleIndex& index_;
  EventValues& values_;
  std::vector<uint32_t>& nodes_;
  size_t descended_ = 0;  // nodes whose shallow slots have been looked at
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_INDEX_WALK_H_
