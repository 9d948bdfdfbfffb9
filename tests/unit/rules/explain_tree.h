#ifndef PAVANE_TESTS_UNIT_RULES_EXPLAIN_TREE_H_
#define PAVANE_TESTS_UNIT_RULES_EXPLAIN_TREE_H_

#include <string>

#include "rules/explain.h"

namespace pavane::rules::testing {

/// What is wrong with a tree in itself: a node whose verdict does not follow from its children's,
/// or a failure without words. Empty: nothing.
std::string TreeFault(const ExplainedNode& root);

/// What is wrong with the explanation of `pattern` for `event`: its verdict is not the reference
/// interpreter's, a field's is not that of the field alone, or TreeFault. Empty: nothing.
std::string ExplanationFault(const Pattern& pattern, const event::EventView& event,
                             const MatcherOptions& options);

}  // namespace pavane::rules::testing

#endif  // PAVANE_TESTS_UNIT_RULES_EXPLAIN_TREE_H_
