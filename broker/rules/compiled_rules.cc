#include "rules/compiled_rules.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

#include "rules/test_compiler.h"

namespace pavane::rules {
namespace {

/// Numbers the fields of all rules, so that fields of the same path and spelling are one. Their
/// number becomes that of their check. Refers to the rules' patterns.
class FieldNumbers {
 public:
  explicit FieldNumbers(PathTrie* trie) : trie_(trie) {}

  struct Field {
    uint32_t slot;
    const PatternField* field;
  };

  uint32_t Add(const Pattern& pattern, const PatternField& field) {
    const auto [slot, new_path] = slots_.try_emplace(field.path, 0);
    if (new_path) slot->second = trie_->Add(field.path);
    const absl::string_view spelling =
        absl::string_view(pattern.text()).substr(field.offset, field.length);
    const auto [number, added] = numbers_.try_emplace(std::make_pair(slot->second, spelling),
                                                      static_cast<uint32_t>(fields_.size()));
    if (added) fields_.push_back({slot->second, &field});
    return number->second;
  }

  const std::vector<Field>& fields() const { return fields_; }

 private:
  PathTrie* const trie_;
  absl::flat_hash_map<absl::string_view, uint32_t> slots_;
  absl::flat_hash_map<std::pair<uint32_t, absl::string_view>, uint32_t> numbers_;
  std::vector<Field> fields_;
};

}  // namespace

CompiledRules::CompiledRules(absl::Span<const RuleEntry> rules, uint64_t steps_max) {
  FieldNumbers numbers(&trie);
  std::vector<uint32_t> field_checks;  // of all fields of all rules in turn
  for (const RuleEntry& rule : rules) {
    for (const PatternField& field : rule.pattern->fields()) {
      field_checks.push_back(numbers.Add(*rule.pattern, field));
    }
  }
  trie.Freeze();
  for (const auto& [slot, field] : numbers.fields()) {
    for (const ValueTest& test : field->tests) TestCompiler::AddTexts(slot, test, &dictionary);
  }
  dictionary.Freeze(trie.slot_count());
  TestCompiler compiler(dictionary, &pool);
  for (const auto& [slot, field] : numbers.fields()) compiler.AddCheck(slot, field->tests);
  size_t first = 0;
  for (const RuleEntry& rule : rules) {
    const size_t count = rule.pattern->fields().size();
    AddConjunctions(rule, absl::MakeConstSpan(field_checks).subspan(first, count), steps_max);
    first += count;
  }
  index = BuildRuleIndex(conjunctions, checks, pool, dictionary, trie);
}

void CompiledRules::AddConjunctions(const RuleEntry& rule, absl::Span<const uint32_t> field_checks,
                                    uint64_t steps_max) {
  const std::vector<Conjunction>& of_pattern = rule.pattern->conjunctions();
  for (const Conjunction& conjunction : of_pattern) {
    CompiledConjunction compiled;
    compiled.rule = rule.id;
    compiled.first_check = static_cast<uint32_t>(checks.size());
    compiled.check_count = static_cast<uint32_t>(conjunction.size());
    compiled.siblings = static_cast<uint32_t>(of_pattern.size());
    compiled.steps_max = steps_max / of_pattern.size();
    for (uint32_t field : conjunction) {
      const uint32_t check = field_checks[field];
      checks.push_back(check);
      compiled.may_be_absent |= pool.check(check).may_be_absent;
    }
    conjunctions.push_back(compiled);
  }
}

size_t CompiledRules::MemoryBytes() const {
  return sizeof(*this) + trie.MemoryBytes() + dictionary.MemoryBytes() + pool.MemoryBytes() +
         conjunctions.capacity() * sizeof(CompiledConjunction) +
         checks.capacity() * sizeof(uint32_t) + index.MemoryBytes();
}

}  // namespace pavane::rules
