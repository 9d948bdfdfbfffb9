#ifndef PAVANE_RULES_COMPILED_RULES_H_
#define PAVANE_RULES_COMPILED_RULES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"

#include "rules/path_trie.h"
#include "rules/pattern.h"
#include "rules/rule_id.h"
#include "rules/rule_index.h"
#include "rules/test_pool.h"
#include "rules/text_dictionary.h"

namespace pavane::rules {

/// A rule as a matcher takes it.
struct RuleEntry {
  RuleId id = 0;
  std::shared_ptr<const Pattern> pattern;
};

/// What a matcher is made of: how to read events (trie), what to compare with (dictionary, pool),
/// and which rules to look at (index). All constant once built; refers to no rule's pattern.
struct CompiledRules {
  /// `steps_max` is the work budget of each rule, which its conjunctions share.
  CompiledRules(absl::Span<const RuleEntry> rules, uint64_t steps_max);

  size_t MemoryBytes() const;

  PathTrie trie;
  TextDictionary dictionary;
  TestPool pool;
  std::vector<CompiledConjunction> conjunctions;
  std::vector<uint32_t> checks;  // of the conjunctions
  RuleIndex index;

 private:
  void AddConjunctions(const RuleEntry& rule, absl::Span<const uint32_t> field_checks,
                       uint64_t steps_max);
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_COMPILED_RULES_H_
