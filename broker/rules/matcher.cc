#include "rules/matcher.h"

#include <algorithm>
#include <bit>
#include <cstring>
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
#include "rules/value_number.h"

namespace pavane::rules {

/// What a matcher is made of: how to read events (trie), what to compare with (dictionary, pool),
/// and which rules to look at (index). All constant once built.
class Matcher::Impl {
 public:
  Impl(absl::Span<const RuleEntry> rules, const MatcherOptions& options);

  const MatcherOptions options;
  PathTrie trie;
  TextDictionary dictionary;
  TestPool pool;
  std::vector<CompiledConjunction> conjunctions;
  std::vector<uint32_t> checks;  // of the conjunctions
  RuleIndex index;

 private:
  void AddConjunctions(const RuleEntry& rule, absl::Span<const uint32_t> field_checks);
};

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

Matcher::Impl::Impl(absl::Span<const RuleEntry> rules, const MatcherOptions& matcher_options)
    : options(matcher_options) {
  FieldNumbers numbers(&trie);
  std::vector<uint32_t> field_checks;  // of all fields of all rules in turn
  for (const RuleEntry& rule : rules) {
    for (const PatternField& field : rule.pattern->fields()) {
      field_checks.push_back(numbers.Add(*rule.pattern, field));
    }
  }
  trie.Freeze();
  for (const auto& [slot, field] : numbers.fields()) {
    for (const ValueTest& test : field->tests) TestPool::AddTexts(slot, test, &dictionary);
  }
  dictionary.Freeze(trie.slot_count());
  for (const auto& [slot, field] : numbers.fields()) pool.AddCheck(slot, field->tests, dictionary);
  size_t first = 0;
  for (const RuleEntry& rule : rules) {
    const size_t count = rule.pattern->fields().size();
    AddConjunctions(rule, absl::MakeConstSpan(field_checks).subspan(first, count));
    first += count;
  }
  index = BuildRuleIndex(conjunctions, checks, pool, dictionary, trie);
}

void Matcher::Impl::AddConjunctions(const RuleEntry& rule,
                                    absl::Span<const uint32_t> field_checks) {
  const std::vector<Conjunction>& of_pattern = rule.pattern->conjunctions();
  for (const Conjunction& conjunction : of_pattern) {
    CompiledConjunction compiled;
    compiled.rule = rule.id;
    compiled.first_check = static_cast<uint32_t>(checks.size());
    compiled.check_count = static_cast<uint32_t>(conjunction.size());
    compiled.steps_max = options.steps_max / of_pattern.size();
    for (uint32_t field : conjunction) {
      const uint32_t check = field_checks[field];
      checks.push_back(check);
      compiled.may_be_absent |= pool.check(check).may_be_absent;
    }
    conjunctions.push_back(compiled);
  }
}

namespace {

using Op = CompiledTest::Op;

/// Scratch of a thread, so that matching allocates nothing once warm.
struct Scratch {
  EventValues values;
  std::vector<uint32_t> nodes;       // of the index, that the event leads to
  std::vector<uint32_t> candidates;  // entries whose test passes
  std::vector<RuleId> matched;       // in any order, with repetitions
  std::vector<RuleId> too_complex;   // the same
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
    scratch_.matched.clear();
    scratch_.too_complex.clear();
    scratch_.candidates.clear();
    scratch_.nodes.assign(1, RuleIndex::kRoot);
    values_.Reset(trie_.slot_count());
    const bool defer = index_.nodes[RuleIndex::kRoot].shallow_count != 0;
    ReadEvent(event, trie_, defer, &values_);
    size_t descended = 0;  // nodes whose shallow slots have been looked at
    if (defer) {
      descended = DescendShallow(0);
      if (!AnyLeft()) return;
      if (!values_.deferred().empty()) ReadDeferred(event, trie_, &values_);
    }
    for (size_t i = 0; i < scratch_.nodes.size(); ++i) {
      if (i >= descended) FindChildren(scratch_.nodes[i], 0, true);
      FindChildren(scratch_.nodes[i], index_.nodes[scratch_.nodes[i]].shallow_count, false);
      Visit(index_.nodes[scratch_.nodes[i]]);
    }
    for (uint32_t entry : scratch_.candidates) Verify(index_.entries[entry]);
  }

 private:
  // Finds all nodes that shallow slots lead to, and has their entries fetched from memory while the
  // rest of the event is read.
  size_t DescendShallow(size_t first) {
    size_t i = first;
    for (; i < scratch_.nodes.size(); ++i) {
      const uint32_t number = scratch_.nodes[i];
      FindChildren(number, 0, true);
      const IndexNode& node = index_.nodes[number];
      Prefetch(index_.runs.data() + node.first_run, node.run_count * sizeof(IndexRun));
      Prefetch(index_.operands.data() + node.first_entry,
               node.entry_count * sizeof(CompiledTest::Operand));
    }
    return i;
  }

  static void Prefetch(const void* begin, size_t size) {
    constexpr size_t kLine = 64;
    constexpr size_t kBytesMax = 32 * kLine;
    const char* const at = static_cast<const char*>(begin);
    for (size_t i = 0; i < std::min(size, kBytesMax); i += kLine) __builtin_prefetch(at + i);
  }

  // Whether the nodes found so far leave anything to look at.
  bool AnyLeft() const {
    return std::any_of(scratch_.nodes.begin(), scratch_.nodes.end(), [this](uint32_t number) {
      const IndexNode& node = index_.nodes[number];
      return node.run_count != 0 || node.slot_count != node.shallow_count;
    });
  }

  void Visit(const IndexNode& node) {
    for (uint32_t i = 0; i < node.run_count; ++i) VisitRun(index_.runs[node.first_run + i]);
  }

  // Looks for children by the node's shallow slots, or by the others.
  void FindChildren(uint32_t number, uint32_t first, bool shallow) {
    const IndexNode& node = index_.nodes[number];
    const uint32_t last = shallow ? node.shallow_count : node.slot_count;
    const IndexSlot* const begin = index_.slots.data() + node.first_slot;
    const std::vector<uint32_t>& touched = values_.touched();
    if (last - first <= 2 * touched.size()) {
      for (uint32_t i = first; i < last; ++i) FindChildren(number, begin[i]);
      return;
    }
    for (uint32_t slot : touched) {  // the slots are sorted
      const IndexSlot* by =
          std::lower_bound(begin + first, begin + last, slot,
                           [](const IndexSlot& s, uint32_t wanted) { return s.slot < wanted; });
      if (by != begin + last && by->slot == slot) FindChildren(number, *by);
    }
  }

  void FindChildren(uint32_t number, const IndexSlot& by) {
    const uint32_t first_id = dictionary_.first_id(by.slot);
    ForEachValue(by.slot, [&](EventValue* value) {
      const uint32_t id = dictionary_.Find(by.slot, value);
      if (id == EventValue::kNone) return;
      const uint32_t child = index_.Child(number, by, id, id - first_id);
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
    const uint32_t first = values_.slot(run.slot).first;
    if (first == EventValue::kNone) return;
    EventValue& value = values_.value(first);
    if (value.next == EventValue::kNone) {
      VisitWithOne(run, &value);
    } else {
      VisitWithMany(run, first);
    }
  }

  void VisitWithMany(const IndexRun& run, uint32_t first) {
    CompiledTest test;
    test.op = run.op;
    test.slot = run.slot;
    for (uint32_t e = run.first_entry; e != run.last_entry; ++e) {
      test.operand = index_.operands[e];
      for (uint32_t i = first; i != EventValue::kNone;) {
        EventValue& value = values_.value(i);
        if (pool_.Passes(test, dictionary_, &values_, &value)) {
          AddCandidate(e);
          break;
        }
        i = value.next;
      }
    }
  }

  // What does not depend on the operand is done once; the common operations have tight loops.
  void VisitWithOne(const IndexRun& run, EventValue* value) {
    switch (run.op) {
      case Op::kPrefix:
      case Op::kWildcard:
      case Op::kSuffix:
      case Op::kFoldPrefix:
      case Op::kFoldEquals:
      case Op::kFoldSuffix:
        if (value->kind == EventValue::Kind::kString) VisitAffixes(run, value);
        return;
      case Op::kRange: {
        if (value->kind != EventValue::Kind::kNumber || !ReadNumber(value)) return;
        const double number = value->number;
        return Filter(run, value, [number](const CompiledTest::Operand& operand) {
          // One branch for both.
          return ((number >= operand.range.low) & (number <= operand.range.high)) != 0;
        });
      }
      case Op::kBlockV4: {
        if (value->kind != EventValue::Kind::kString) return;
        const IpAddress* address = TestPool::AddressOf(&values_, value);
        if (address == nullptr || !address->is_v4) return;
        const uint32_t word = WordOf(*address);
        return Filter(run, value, [word](const CompiledTest::Operand& operand) {
          return (word & operand.block_v4.mask) == operand.block_v4.address;
        });
      }
      case Op::kId: {
        const uint32_t id = dictionary_.Find(run.slot, value);
        if (id == EventValue::kNone) return;
        return Filter(run, value,
                      [id](const CompiledTest::Operand& operand) { return operand.id == id; });
      }
      case Op::kNoneOfMask: {
        const uint32_t id = dictionary_.Find(run.slot, value);
        const uint64_t bit =
            id == EventValue::kNone ? 0 : uint64_t{1} << (id - dictionary_.first_id(run.slot));
        return Filter(run, value, [bit](const CompiledTest::Operand& operand) {
          return (operand.mask & bit) == 0;
        });
      }
      default:
        return VisitOneByOne(run, value);
    }
  }

  void VisitAffixes(const IndexRun& run, EventValue* value) {
    using Operand = CompiledTest::Operand;
    const AffixView view(*value);
    switch (run.op) {
      case Op::kSuffix:
        return Filter(run, value, [&view](const Operand& o) { return view.MayEndWith(o.affix); });
      case Op::kFoldPrefix:
      case Op::kFoldEquals:
        return Filter(run, value,
                      [&view](const Operand& o) { return view.MayBeginWithFolded(o.affix); });
      case Op::kFoldSuffix:
        return Filter(run, value,
                      [&view](const Operand& o) { return view.MayEndWithFolded(o.affix); });
      default:
        return Filter(run, value, [&view](const Operand& o) { return view.MayBeginWith(o.affix); });
    }
  }

  // Finds the entries that pass; `may_pass` is a first look at the operand, without a branch, and
  // may be shown operands of other runs, too. Looking at several at once leaves few branches that
  // depend on how many there are.
  template <typename MayPass>
  void Filter(const IndexRun& run, EventValue* value, MayPass may_pass) {
    const CompiledTest::Operand* const operands = index_.operands.data();
    for (uint32_t e = run.first_entry; e < run.last_entry; e += RuleIndex::kLookahead) {
      uint32_t passing = 0;
      for (uint32_t i = 0; i < RuleIndex::kLookahead; ++i) {
        passing |= static_cast<uint32_t>(may_pass(operands[e + i])) << i;
      }
      passing &= (uint32_t{1} << std::min(run.last_entry - e, RuleIndex::kLookahead)) - 1;
      for (; passing != 0; passing &= passing - 1) {
        AddIfPasses(run, e + static_cast<uint32_t>(std::countr_zero(passing)), value);
      }
    }
  }

  // For operations that have no first look. Equal tests lie side by side.
  void VisitOneByOne(const IndexRun& run, EventValue* value) {
    CompiledTest test;
    test.op = run.op;
    test.slot = run.slot;
    bool passes = false;
    for (uint32_t e = run.first_entry; e != run.last_entry; ++e) {
      const CompiledTest::Operand& operand = index_.operands[e];
      if (e == run.first_entry || std::memcmp(&operand, &test.operand, sizeof(operand)) != 0) {
        test.operand = operand;
        passes = pool_.Passes(test, dictionary_, &values_, value);
      }
      if (passes) AddCandidate(e);
    }
  }

  [[gnu::noinline]] void AddIfPasses(const IndexRun& run, uint32_t entry, EventValue* value) {
    CompiledTest test;
    test.op = run.op;
    test.slot = run.slot;
    test.operand = index_.operands[entry];
    if (pool_.Passes(test, dictionary_, &values_, value)) AddCandidate(entry);
  }

  // Entries are verified after all others have been looked at, when they have come from memory.
  void AddCandidate(uint32_t entry) {
    __builtin_prefetch(index_.entries.data() + entry);
    scratch_.candidates.push_back(entry);
  }

  void VisitAlways(const IndexRun& run) {
    for (uint32_t e = run.first_entry; e != run.last_entry; ++e) AddCandidate(e);
  }

  void VisitChecks(const IndexRun& run) {
    for (uint32_t e = run.first_entry; e != run.last_entry; ++e) {
      if (MayHold(pool_.check(index_.operands[e].index))) AddCandidate(e);
    }
  }

  bool AnyPasses(const CompiledCheck& check) {
    for (uint32_t i = values_.slot(check.slot).first; i != EventValue::kNone;) {
      EventValue& value = values_.value(i);
      if (pool_.PassesAny(check, dictionary_, &values_, &value)) return true;
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
    if (NeedsSearch(entry)) {
      const CompiledConjunction& conjunction = conjunctions_[entry.conjunction];
      const ConsistencySearch::Outcome outcome = Search(conjunction);
      if (outcome == ConsistencySearch::Outcome::kNoMatch) return;
      if (outcome == ConsistencySearch::Outcome::kTooComplex) {
        scratch_.too_complex.push_back(entry.rule);
        return;
      }
    }
    scratch_.matched.push_back(entry.rule);
  }

  // Whether values of the conjunction's fields could come from different array elements. The bits
  // may say so falsely, which the search finds out.
  bool NeedsSearch(const IndexEntry& entry) const {
    const int in_array = std::popcount(entry.slots & values_.in_array_slots());
    if (in_array == 0) return false;
    return in_array >= 2 || entry.may_be_absent || entry.slots_collide;
  }

  ConsistencySearch::Outcome Search(const CompiledConjunction& conjunction) {
    std::vector<ConsistencySearch::Field> fields(conjunction.check_count);
    for (uint32_t i = 0; i < conjunction.check_count; ++i) {
      const CompiledCheck& check = pool_.check(checks_[conjunction.first_check + i]);
      fields[i].may_be_absent = check.may_be_absent;
      ForEachValue(check.slot, [&](EventValue* value) {
        if (check.may_be_absent) fields[i].all.push_back(value->element);
        if (pool_.PassesAny(check, dictionary_, &values_, value)) {
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

absl::Status Matcher::Match(const event::EventView& event, std::vector<RuleId>* matched,
                            const absl::flat_hash_set<RuleId>* without) const {
  Scratch& scratch = ThreadScratch();
  MatchRun(impl_->trie, impl_->dictionary, impl_->pool, impl_->conjunctions, impl_->checks,
           impl_->index, &scratch)
      .Run(event);
  matched->assign(scratch.matched.begin(), scratch.matched.end());
  if (matched->size() > 1) {
    std::sort(matched->begin(), matched->end());
    matched->erase(std::unique(matched->begin(), matched->end()), matched->end());
  }
  for (RuleId rule : scratch.too_complex) {
    if (without != nullptr && without->contains(rule)) continue;
    // A rule that matches by another of its conjunctions matches.
    if (!std::binary_search(matched->begin(), matched->end(), rule)) {
      matched->clear();
      return TooComplex(impl_->options.steps_max);
    }
  }
  if (without != nullptr) {
    matched->erase(std::remove_if(matched->begin(), matched->end(),
                                  [without](RuleId rule) { return without->contains(rule); }),
                   matched->end());
  }
  return absl::OkStatus();
}

size_t Matcher::MemoryBytes() const {
  return sizeof(Impl) + impl_->trie.MemoryBytes() + impl_->dictionary.MemoryBytes() +
         impl_->pool.MemoryBytes() + impl_->conjunctions.capacity() * sizeof(CompiledConjunction) +
         impl_->checks.capacity() * sizeof(uint32_t) + impl_->index.MemoryBytes();
}

}  // namespace pavane::rules
