#ifndef PAVANE_RULES_RUN_FILTER_H_
#define PAVANE_RULES_RUN_FILTER_H_

#include <cstdint>
#include <vector>

#include "rules/compiled_rules.h"
#include "rules/compiled_test.h"
#include "rules/event_values.h"
#include "rules/rule_index.h"

namespace pavane::rules {

/// Finds the entries of a run that the event's values let through: the candidates, which are
/// verified after all others have been looked at, when they have come from memory.
class RunFilter {
 public:
  /// All outlive the filter; `candidates` gets the numbers of entries.
  RunFilter(const CompiledRules& rules, EventValues* values, std::vector<uint32_t>* candidates)
      : dictionary_(rules.dictionary),
        pool_(rules.pool),
        index_(rules.index),
        values_(*values),
        candidates_(*candidates) {}

  void Visit(const IndexRun& run);

 private:
  using Op = CompiledTest::Op;
  // Values of a slot that a run is filtered with one by one.
  static constexpr uint32_t kFew = 4;

  void VisitAlways(const IndexRun& run);
  void VisitChecks(const IndexRun& run);
  void VisitWithMany(const IndexRun& run, uint32_t first);
  bool IsFew(uint32_t first) const;
  void VisitWithFew(const IndexRun& run, uint32_t first);
  void VisitWithOne(const IndexRun& run, EventValue* value);
  void VisitAffixes(const IndexRun& run, EventValue* value);
  void VisitOneByOne(const IndexRun& run, EventValue* value);
  template <bool exact, typename MayPass>
  void Filter(const IndexRun& run, EventValue* value, MayPass may_pass);
  void AddIfPasses(const IndexRun& run, uint32_t entry, EventValue* value);
  void AddCandidate(uint32_t entry) {
    __builtin_prefetch(index_.entries.data() + entry);
    candidates_.push_back(entry);
  }

  const TextDictionary& dictionary_;
  const TestPool& pool_;
  const RuleIndex& index_;
  EventValues& values_;
  std::vector<uint32_t>& candidates_;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_RUN_FILTER_H_
