#ifndef PAVANE_RULES_EXPLAIN_ELEMENTS_H_
#define PAVANE_RULES_EXPLAIN_ELEMENTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rules/explain_field.h"
#include "rules/explain_miss.h"
#include "rules/flat_event.h"
#include "rules/pattern.h"

namespace pavane::rules {

/// Why fields that pass one by one do not match together.
struct ElementsMiss {
  std::string array;  // path of the array that keeps them apart; empty when several do together
  NearMiss miss;
};

/// `fields` (indexes into the pattern's fields) all pass alone, and no choice of array elements
/// satisfies them together. Looks for one array none of whose elements has all of the fields that
/// have their values in it only, and for its nearest element.
ElementsMiss ExplainElements(const Pattern& pattern, const FlatEvent& event,
                             const std::vector<JudgedField>& judged,
                             const std::vector<uint32_t>& fields);

}  // namespace pavane::rules

#endif  // PAVANE_RULES_EXPLAIN_ELEMENTS_H_
