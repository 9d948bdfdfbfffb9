#ifndef PAVANE_RULES_ENTRY_VERIFIER_H_
#define PAVANE_RULES_ENTRY_VERIFIER_H_

#include "rules/compiled_rules.h"
#include "rules/consistency_search.h"
#include "rules/event_values.h"
#include "rules/rule_index.h"

namespace pavane::rules {

/// Tells whether a candidate's conjunction matches: judges the checks that the way to it has left,
/// and looks for values that come from the same array elements where that can make a difference.
class EntryVerifier {
 public:
  /// Both outlive the verifier.
  EntryVerifier(const CompiledRules& rules, EventValues* values)
      : rules_(rules), values_(*values) {}

  ConsistencySearch::Outcome Verify(const IndexEntry& entry);

 private:
  bool NeedsSearch(const IndexEntry& entry) const;
  ConsistencySearch::Outcome Search(const CompiledConjunction& conjunction);

  const CompiledRules& rules_;
  EventValues& values_;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_ENTRY_VERIFIER_H_
