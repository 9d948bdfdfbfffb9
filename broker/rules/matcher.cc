#include "rules/matcher.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

#include "rules/compiled_test.h"
#include "rules/consistency_search.h"
#include "rules/event_reader.h"
#include "rules/event_values.h"
#include "rules/path_trie.h"
#include "rules/reference_interpreter.h"
#include "rules/rule_index.h"
#include "rules/text_dictionary.h"

namespace pavane::rules {

/// What a matcher is made of: how to read events (trie), what to compare with (dictionary, pool),
/// and which rules to look at (index). All constant once built.
class Matcher::Impl {
 public:
  Impl(absl::Span<const RuleEntry> rules, const MatcherOptions& options);

  const MatcherOptions options;
  std::vector<RuleId> ids;  // ascending; the index is the rule's number in here
  PathTrie trie;
  TextDictionary dictionary;
  TestPool pool;
  std::vector<CompiledConjunction> conjunctions;
  std::vector<uint32_t> checks;  // of the conjunctions
  RuleIndex index;

 private:
  uint32_t CheckOf(const Pattern& pattern, const PatternField& field);
  void AddConjunctions(uint32_t rule, const Pattern& pattern);

  // While building: the check of each field, by slot and spelling. The spellings are the rules'.
  absl::flat_hash_map<std::pair<uint32_t, absl::string_view>, uint32_t> check_numbers_;
};

Matcher::Impl::Impl(absl::Span<const RuleEntry> rules, const MatcherOptions& matcher_options)
    : options(matcher_options) {
  for (const RuleEntry& rule : rules) {
    ids.push_back(rule.id);
    for (const PatternField& field : rule.pattern->fields()) {
      const uint32_t slot = trie.Add(field.path);
      for (const ValueTest& test : field.tests) TestPool::AddTexts(slot, test, &dictionary);
    }
  }
  trie.Freeze();
  dictionary.Freeze(trie.slot_count());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (const RuleEntry& rule : rules) {
    const auto number = std::lower_bound(ids.begin(), ids.end(), rule.id) - ids.begin();
    AddConjunctions(static_cast<uint32_t>(number), *rule.pattern);
  }
  check_numbers_ = {};
  index = BuildRuleIndex(conjunctions, checks, pool, dictionary);
}

uint32_t Matcher::Impl::CheckOf(const Pattern& pattern, const PatternField& field) {
  const uint32_t slot = trie.SlotOf(field.path);
  const absl::string_view spelling =
      absl::string_view(pattern.text()).substr(field.offset, field.length);
  const auto [it, added] = check_numbers_.try_emplace(std::make_pair(slot, spelling), 0);
  if (added) it->second = pool.AddCheck(slot, field.tests, dictionary);
  return it->second;
}

void Matcher::Impl::AddConjunctions(uint32_t rule, const Pattern& pattern) {
  std::vector<uint32_t> numbers;
  for (const PatternField& field : pattern.fields()) numbers.push_back(CheckOf(pattern, field));
  for (const Conjunction& conjunction : pattern.conjunctions()) {
    CompiledConjunction compiled;
    compiled.rule = rule;
    compiled.first_check = static_cast<uint32_t>(checks.size());
    compiled.check_count = static_cast<uint32_t>(conjunction.size());
    compiled.steps_max = options.steps_max / pattern.conjunctions().size();
    for (uint32_t field : conjunction) {
      checks.push_back(numbers[field]);
      compiled.may_be_absent |= pool.check(numbers[field]).may_be_absent;
    }
    conjunctions.push_back(compiled);
  }
}

namespace {

using Op = CompiledTest::Op;

/// Scratch of a thread, so that matching allocates nothing once warm.
struct Scratch {
  EventValues values;
  std::vector<uint32_t> nodes;        // of the index, still to visit
  std::vector<uint32_t> matched;      // rules, in any order, with repetitions
  std::vector<uint32_t> too_complex;  // the same
};

Scratch& ThreadScratch() {
  static thread_local Scratch scratch;
  return scratch;
}

}  // namespace

/// One Match call.
class MatchRun {
 public:
  MatchRun(const PathTrie& trie, const TextDictionary& dictionary, const TestPool& pool,
           const std::vector<CompiledConjunction>& conjunctions,
           const std::vector<uint32_t>& checks, const RuleIndex& index, Scratch* scratch)
      : trie_(trie),
        dictionary_(dictionary),
        pool_(pool),
        conjunctions_(conjunctions),
        checks_(checks),
        index_(index),
        scratch_(*scratch),
        values_(scratch->values) {}

  void Run(const event::EventView& event) {
    values_.Reset(trie_.slot_count());
    ReadEvent(event, trie_, &values_);
    scratch_.matched.clear();
    scratch_.too_complex.clear();
    scratch_.nodes.assign(1, RuleIndex::kRoot);
    while (!scratch_.nodes.empty()) {
      const uint32_t node = scratch_.nodes.back();
      scratch_.nodes.pop_back();
      Visit(node);
    }
  }

 private:
  void Visit(uint32_t number) {
    const IndexNode& node = index_.nodes[number];
    const std::vector<uint32_t>& touched = values_.touched();
    if (node.slot_count <= touched.size()) {
      for (uint32_t i = 0; i < node.slot_count; ++i) {
        FindChildren(number, index_.slots[node.first_slot + i]);
      }
    } else {
      for (uint32_t slot : touched) FindChildren(number, slot);
    }
    for (uint32_t i = 0; i < node.run_count; ++i) VisitRun(index_.runs[node.first_run + i]);
  }

  void FindChildren(uint32_t number, uint32_t slot) {
    ForEachValue(slot, [&](EventValue* value) {
      const uint32_t id = dictionary_.Find(slot, value);
      if (id == EventValue::kNone) return;
      const uint32_t child = index_.Child(number, id);
      if (child != RuleIndex::kNone) scratch_.nodes.push_back(child);
    });
  }

  template <typename Function>
  void ForEachValue(uint32_t slot, Function function) {
    for (uint32_t i = values_.slot(slot).first; i != EventValue::kNone;) {
      EventValue& value = values_.value(i);
      function(&value);
      i = value.next;
    }
  }

  void VisitRun(const IndexRun& run) {
    if (run.op == Op::kAlways) return VisitAlways(run);
    if (run.op == Op::kCheck) return VisitChecks(run);
    if (values_.slot(run.slot).first == EventValue::kNone) return;
    switch (run.op) {
      case Op::kPrefix:
        return VisitRun(run, [this](const CompiledTest& test, EventValue* value) {
          return MayBeginWith(*value, test.affix) && Passes(test, value);
        });
      case Op::kSuffix:
        return VisitRun(run, [this](const CompiledTest& test, EventValue* value) {
          return MayEndWith(*value, test.affix) && Passes(test, value);
        });
      case Op::kWildcard:
        return VisitRun(run, [this](const CompiledTest& test, EventValue* value) {
          return MayBeginWith(*value, test.affix) && Passes(test, value);
        });
      case Op::kFoldPrefix:
      case Op::kFoldEquals:
        return VisitRun(run, [this](const CompiledTest& test, EventValue* value) {
          return MayBeginWithFolded(*value, test.affix) && Passes(test, value);
        });
      case Op::kFoldSuffix:
        return VisitRun(run, [this](const CompiledTest& test, EventValue* value) {
          return MayEndWithFolded(*value, test.affix) && Passes(test, value);
        });
      default:
        return VisitRun(run, [this](const CompiledTest& test, EventValue* value) {
          return Passes(test, value);
        });
    }
  }

  template <typename Test>
  void VisitRun(const IndexRun& run, Test test) {
    const uint32_t first = values_.slot(run.slot).first;
    for (uint32_t e = run.first_entry; e != run.last_entry; ++e) {
      const IndexEntry& entry = index_.entries[e];
      for (uint32_t i = first; i != EventValue::kNone;) {
        EventValue& value = values_.value(i);
        if (test(entry.test, &value)) {
          Verify(entry);
          break;
        }
        i = value.next;
      }
    }
  }

  void VisitAlways(const IndexRun& run) {
    for (uint32_t e = run.first_entry; e != run.last_entry; ++e) Verify(index_.entries[e]);
  }

  void VisitChecks(const IndexRun& run) {
    for (uint32_t e = run.first_entry; e != run.last_entry; ++e) {
      const IndexEntry& entry = index_.entries[e];
      if (MayHold(pool_.check(entry.test.index))) Verify(entry);
    }
  }

  bool Passes(const CompiledTest& test, EventValue* value) const {
    return pool_.Passes(test, dictionary_, value);
  }

  bool AnyPasses(const CompiledCheck& check) {
    for (uint32_t i = values_.slot(check.slot).first; i != EventValue::kNone;) {
      EventValue& value = values_.value(i);
      if (pool_.PassesAny(check, dictionary_, &value)) return true;
      i = value.next;
    }
    return false;
  }

  // Whether the check holds, array consistency aside: a field may then be absent for the element
  // that is looked at although the event has values for it.
  bool MayHold(const CompiledCheck& check) {
    const EventValues::Slot& slot = values_.slot(check.slot);
    if (slot.first == EventValue::kNone) return check.may_be_absent;
    return AnyPasses(check) || (check.may_be_absent && slot.in_array);
  }

  void Verify(const IndexEntry& entry) {
    for (uint32_t i = 0; i < entry.residual_count; ++i) {
      if (!MayHold(pool_.check(index_.residuals[entry.first_residual + i]))) return;
    }
    const CompiledConjunction& conjunction = conjunctions_[entry.conjunction];
    if (values_.any_in_array() && NeedsSearch(conjunction)) {
      const ConsistencySearch::Outcome outcome = Search(conjunction);
      if (outcome == ConsistencySearch::Outcome::kNoMatch) return;
      if (outcome == ConsistencySearch::Outcome::kTooComplex) {
        scratch_.too_complex.push_back(conjunction.rule);
        return;
      }
    }
    scratch_.matched.push_back(conjunction.rule);
  }

  bool NeedsSearch(const CompiledConjunction& conjunction) {
    int in_array = 0;
    for (uint32_t i = 0; i < conjunction.check_count; ++i) {
      const CompiledCheck& check = pool_.check(checks_[conjunction.first_check + i]);
      in_array += values_.slot(check.slot).in_array;
    }
    return in_array >= (conjunction.may_be_absent ? 1 : 2);
  }

  ConsistencySearch::Outcome Search(const CompiledConjunction& conjunction) {
    std::vector<ConsistencySearch::Field> fields(conjunction.check_count);
    for (uint32_t i = 0; i < conjunction.check_count; ++i) {
      const CompiledCheck& check = pool_.check(checks_[conjunction.first_check + i]);
      fields[i].may_be_absent = check.may_be_absent;
      ForEachValue(check.slot, [&](EventValue* value) {
        if (check.may_be_absent) fields[i].all.push_back(value->element);
        if (pool_.PassesAny(check, dictionary_, value)) {
          fields[i].passing.push_back(value->element);
        }
      });
    }
    return ConsistencySearch(values_.elements(), conjunction.steps_max).Run(std::move(fields));
  }

  const PathTrie& trie_;
  const TextDictionary& dictionary_;
  const TestPool& pool_;
  const std::vector<CompiledConjunction>& conjunctions_;
  const std::vector<uint32_t>& checks_;
  const RuleIndex& index_;
  Scratch& scratch_;
  EventValues& values_;
};

Matcher::Matcher(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Matcher::~Matcher() = default;

std::shared_ptr<const Matcher> Matcher::Build(absl::Span<const RuleEntry> rules,
                                              const MatcherOptions& options) {
  return std::shared_ptr<const Matcher>(new Matcher(std::make_unique<const Impl>(rules, options)));
}

namespace {

void SortUnique(std::vector<uint32_t>* numbers) {
  std::sort(numbers->begin(), numbers->end());
  numbers->erase(std::unique(numbers->begin(), numbers->end()), numbers->end());
}

}  // namespace

absl::Status Matcher::Match(const event::EventView& event, std::vector<RuleId>* matched,
                            const absl::flat_hash_set<RuleId>* without) const {
  matched->clear();
  Scratch& scratch = ThreadScratch();
  MatchRun(impl_->trie, impl_->dictionary, impl_->pool, impl_->conjunctions, impl_->checks,
           impl_->index, &scratch)
      .Run(event);
  SortUnique(&scratch.matched);
  for (uint32_t rule : scratch.too_complex) {
    if (without != nullptr && without->contains(impl_->ids[rule])) continue;
    // A rule that matches by another of its conjunctions matches.
    if (!std::binary_search(scratch.matched.begin(), scratch.matched.end(), rule)) {
      return TooComplex(impl_->options.steps_max);
    }
  }
  for (uint32_t rule : scratch.matched) {
    const RuleId id = impl_->ids[rule];
    if (without == nullptr || !without->contains(id)) matched->push_back(id);
  }
  return absl::OkStatus();
}

size_t Matcher::MemoryBytes() const {
  return sizeof(Impl) + impl_->ids.capacity() * sizeof(RuleId) + impl_->trie.MemoryBytes() +
         impl_->dictionary.MemoryBytes() + impl_->pool.MemoryBytes() +
         impl_->conjunctions.capacity() * sizeof(CompiledConjunction) +
         impl_->checks.capacity() * sizeof(uint32_t) + impl_->index.MemoryBytes();
}

}  // namespace pavane::rules
