#include "rules/entry_verifier.h"

#include <bit>
#include <utility>
#include <vector>

namespace pavane::rules {

ConsistencySearch::Outcome EntryVerifier::Verify(const IndexEntry& entry) {
  using Outcome = ConsistencySearch::Outcome;
  for (uint32_t i = 0; i < entry.residual_count; ++i) {
    const CompiledCheck& check =
        rules_.pool.check(rules_.index.residuals[entry.first_residual + i]);
    if (!rules_.pool.MayHold(check, rules_.dictionary, &values_)) return Outcome::kNoMatch;
  }
  if (!NeedsSearch(entry)) return Outcome::kMatch;
  return Search(rules_.conjunctions[entry.conjunction]);
}

// Whether values of the conjunction's fields could come from different array elements. The bits may
// say so falsely, which the search finds out.
bool EntryVerifier::NeedsSearch(const IndexEntry& entry) const {
  const int in_array = std::popcount(entry.slots & values_.in_array_slots());
  if (in_array == 0) return false;
  return in_array >= 2 || entry.may_be_absent || entry.slots_collide;
}

ConsistencySearch::Outcome EntryVerifier::Search(const CompiledConjunction& conjunction) {
  std::vector<ConsistencySearch::Field> fields(conjunction.check_count);
  for (uint32_t i = 0; i < conjunction.check_count; ++i) {
    const CompiledCheck& check = rules_.pool.check(rules_.checks[conjunction.first_check + i]);
    fields[i].may_be_absent = check.may_be_absent;
    values_.ForEach(check.slot, [&](EventValue* value) {
      values_.Charge(check.test_count);
      if (check.may_be_absent) fields[i].all.push_back(value->element);
      if (rules_.pool.PassesAny(check, rules_.dictionary, &values_, value)) {
        fields[i].passing.push_back(value->element);
      }
    });
  }
  ConsistencySearch search(values_.elements(), conjunction.steps_max);
  const ConsistencySearch::Outcome outcome = search.Run(std::move(fields));
  values_.Charge(search.steps());
  return outcome;
}

}  // namespace pavane::rules
