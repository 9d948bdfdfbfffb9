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

  /// Finds the nodes that shallow slots alone lead to, and has what is needed of them fetched from
  /// memory while the rest of the event is read. False if there is nothing to look at in any of
  /// them, whatever the rest may hold.
  bool DescendShallow();

  /// Finds the other nodes, and shows every node to `visit`.
  template <typename Visit>
  void Descend(Visit visit) {
    for (size_t i = 0; i < nodes_.size(); ++i) {
      const uint32_t number = nodes_[i];
      if (i >= descended_) FindChildren(number, 0, true);
      FindChildren(number, index_.nodes[number].shallow_count, false);
      visit(index_.nodes[number]);
    }
  }

 private:
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
