#ifndef PAVANE_RULES_EXPLAIN_FIELD_H_
#define PAVANE_RULES_EXPLAIN_FIELD_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

#include "rules/consistency_search.h"
#include "rules/flat_event.h"
#include "rules/pattern.h"

namespace pavane::rules {

/// What the tests of one field say about an event, before arrays are looked at.
struct JudgedField {
  ConsistencySearch::Field search;
  std::vector<bool> tests;  // for each test: a value passes it; exists false: never

  /// Whether the field by itself would match.
  bool PassesAlone() const {
    return !search.passing.empty() || (search.may_be_absent && search.all.empty());
  }
};

/// Judges all fields. ResourceExhausted beyond `judgements_max` tests of a value.
absl::StatusOr<std::vector<JudgedField>> JudgeFields(const Pattern& pattern, const FlatEvent& event,
                                                     uint64_t judgements_max);

}  // namespace pavane::rules

#endif  // PAVANE_RULES_EXPLAIN_FIELD_H_
