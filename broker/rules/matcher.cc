#include "rules/matcher.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "rules/compiled_rules.h"
#include "rules/consistency_search.h"
#include "rules/entry_verifier.h"
#include "rules/event_reader.h"
#include "rules/event_values.h"
#include "rules/index_walk.h"
#include "rules/reference_interpreter.h"
#include "rules/run_filter.h"

namespace pavane::rules {

namespace {

/// Slots of an overlay with its base's for the same path: of the event's own members, and deeper
/// ones.
struct BaseSlots {
  struct Pair {
    uint32_t slot;
    uint32_t base_slot;
  };
  std::vector<Pair> top;
  std::vector<Pair> rest;
};

// None where the base does not read all paths of the overlay.
std::optional<BaseSlots> FromBase(const PathTrie& trie, const PathTrie& base_trie) {
  const std::optional<std::vector<uint32_t>> slots = trie.SlotsIn(base_trie);
  if (!slots) return std::nullopt;
  BaseSlots pairs;
  for (uint32_t slot = 0; slot < slots->size(); ++slot) {
    (trie.slot_depth(slot) == 1 ? pairs.top : pairs.rest).push_back({slot, (*slots)[slot]});
  }
  return pairs;
}

}  // namespace

class Matcher::Impl {
 public:
  Impl(absl::Span<const RuleEntry> entries, const MatcherOptions& matcher_options,
       std::shared_ptr<const Matcher> base_matcher)
      : options(matcher_options),
        rules(entries, options.steps_max),
        base(std::move(base_matcher)),
        from_base(base == nullptr ? std::nullopt : FromBase(rules.trie, base->impl_->rules.trie)) {}

  const MatcherOptions options;
  const CompiledRules rules;
  // Of an overlay: what it lies over, and what it takes from it, if the base reads all it needs.
  const std::shared_ptr<const Matcher> base;
  const std::optional<BaseSlots> from_base;
};

namespace {

constexpr char kRulePayload[] = "pavane.rules/rule";

/// Scratch of a thread, so that matching allocates nothing once warm.
struct Scratch {
  EventValues values;
  std::vector<uint32_t> nodes;       // of the index, that the event leads to
  std::vector<uint32_t> candidates;  // entries whose test passes
  std::vector<RuleId> matched;       // in any order, with repetitions
  std::vector<RuleId> too_complex;   // the same
};

// An overlay has its own, so that it finds in the base's what the base has read.
Scratch& BaseScratch() {
  static thread_local Scratch scratch;
  return scratch;
}
Scratch& OverlayScratch() {
  static thread_local Scratch scratch;
  return scratch;
}

/// Where the values of an event come from: from the event itself.
class EventSource {
 public:
  EventSource(const event::EventView& event, const PathTrie& trie) : event_(event), trie_(trie) {}

  /// With `defer`, whatever may come from the event's objects can be left for ReadRest.
  void Read(bool defer, EventValues* values) const { ReadEvent(event_, trie_, defer, values); }
  void ReadRest(EventValues* values) const {
    if (!values->deferred().empty()) ReadDeferred(event_, trie_, values);
  }

 private:
  const event::EventView& event_;
  const PathTrie& trie_;
};

/// The same for an overlay: from what its base has read.
class BaseSource {
 public:
  BaseSource(const event::EventView& event, const PathTrie& base_trie, const BaseSlots& slots,
             EventValues* base_values)
      : event_(event), base_trie_(base_trie), slots_(slots), base_values_(*base_values) {}

  void Read(bool defer, EventValues* values) const {
    values->ShareElements(base_values_);
    Copy(slots_.top, values);
    if (!defer) ReadRest(values);
  }
  void ReadRest(EventValues* values) const {
    if (!base_values_.deferred().empty()) ReadDeferred(event_, base_trie_, &base_values_);
    Copy(slots_.rest, values);
  }

 private:
  void Copy(const std::vector<BaseSlots::Pair>& pairs, EventValues* values) const {
    for (const BaseSlots::Pair& pair : pairs) values->Copy(base_values_, pair.base_slot, pair.slot);
  }

  const event::EventView& event_;
  const PathTrie& base_trie_;
  const BaseSlots& slots_;
  EventValues& base_values_;
};

// Whether the values of shallow slots are enough to verify them.
bool AllShallow(const RuleIndex& index, const std::vector<uint32_t>& candidates) {
  return std::all_of(candidates.begin(), candidates.end(),
                     [&index](uint32_t number) { return index.entries[number].shallow; });
}

// Fills `candidates` of the scratch, reading of the event what is needed for that.
template <typename Source>
void FindCandidates(const CompiledRules& rules, const Source& source, Scratch* scratch) {
  const bool defer = rules.index.nodes[RuleIndex::kRoot].shallow_count != 0;
  source.Read(defer, &scratch->values);
  IndexWalk walk(rules, &scratch->values, &scratch->nodes);
  RunFilter filter(rules, &scratch->values, &scratch->candidates);
  const auto visit = [&](const IndexNode& node) {
    for (uint32_t i = 0; i < node.run_count; ++i) {
      filter.Visit(rules.index.runs[node.first_run + i]);
    }
  };
  if (defer) {
    const bool left = walk.DescendShallow(visit);
    if (!left && AllShallow(rules.index, scratch->candidates)) return;
    source.ReadRest(&scratch->values);
  }
  walk.Descend(visit);
}

template <typename Source>
void FindMatches(const CompiledRules& rules, const Source& source, uint64_t work_max,
                 Scratch* scratch) {
  scratch->matched.clear();
  scratch->too_complex.clear();
  scratch->candidates.clear();
  scratch->values.Reset(rules.trie.slot_count(), work_max);
  FindCandidates(rules, source, scratch);
  EntryVerifier verifier(rules, &scratch->values);
  for (uint32_t number : scratch->candidates) {
    if (scratch->values.exhausted()) return;
    const IndexEntry& entry = rules.index.entries[number];
    const ConsistencySearch::Outcome outcome = verifier.Verify(entry);
    if (outcome == ConsistencySearch::Outcome::kMatch) scratch->matched.push_back(entry.rule);
    if (outcome == ConsistencySearch::Outcome::kTooComplex) {
      scratch->too_complex.push_back(entry.rule);
    }
  }
}

absl::Status TooMuchWork(uint64_t work_max) {
  return absl::ResourceExhaustedError(
      absl::StrCat("the event is too complex for the bus' rules: telling which match would take "
                   "more than ",
                   work_max, " looks at its values"));
}

// What Match answers, from what was found.
absl::Status Conclude(const Scratch& scratch, const MatcherOptions& options,
                      std::vector<RuleId>* matched, const absl::flat_hash_set<RuleId>* without) {
  matched->clear();
  if (scratch.values.exhausted()) return TooMuchWork(options.work_max);
  matched->assign(scratch.matched.begin(), scratch.matched.end());
  if (matched->size() > 1) {
    std::sort(matched->begin(), matched->end());
    matched->erase(std::unique(matched->begin(), matched->end()), matched->end());
  }
  std::optional<RuleId> too_complex;
  for (RuleId rule : scratch.too_complex) {
    if (without != nullptr && without->contains(rule)) continue;
    // A rule that matches by another of its conjunctions matches.
    if (std::binary_search(matched->begin(), matched->end(), rule)) continue;
    too_complex = std::min(rule, too_complex.value_or(rule));
  }
  if (too_complex) {
    matched->clear();
    absl::Status status = TooComplex(options.steps_max);
    status.SetPayload(kRulePayload, absl::Cord(std::to_string(*too_complex)));
    return status;
  }
  if (without != nullptr) {
    matched->erase(std::remove_if(matched->begin(), matched->end(),
                                  [without](RuleId rule) { return without->contains(rule); }),
                   matched->end());
  }
  return absl::OkStatus();
}

}  // namespace

Matcher::Matcher(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Matcher::~Matcher() = default;

std::shared_ptr<const Matcher> Matcher::Build(absl::Span<const RuleEntry> rules,
                                              const MatcherOptions& options,
                                              std::shared_ptr<const Matcher> base) {
  return std::shared_ptr<const Matcher>(
      new Matcher(std::make_unique<const Impl>(rules, options, std::move(base))));
}

absl::Status Matcher::Match(const event::EventView& event, std::vector<RuleId>* matched,
                            const absl::flat_hash_set<RuleId>* without) const {
  Scratch& scratch = BaseScratch();
  FindMatches(impl_->rules, EventSource(event, impl_->rules.trie), impl_->options.work_max,
              &scratch);
  return Conclude(scratch, impl_->options, matched, without);
}

absl::Status Matcher::MatchAfterBase(const event::EventView& event,
                                     std::vector<RuleId>* matched) const {
  const CompiledRules& rules = impl_->rules;
  const uint64_t work_max = impl_->options.work_max;
  Scratch& scratch = OverlayScratch();
  if (impl_->from_base) {
    const PathTrie& base_trie = impl_->base->impl_->rules.trie;
    FindMatches(rules, BaseSource(event, base_trie, *impl_->from_base, &BaseScratch().values),
                work_max, &scratch);
  } else {
    FindMatches(rules, EventSource(event, rules.trie), work_max, &scratch);
  }
  return Conclude(scratch, impl_->options, matched, nullptr);
}

std::optional<RuleId> Matcher::RuleOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kRulePayload);
  RuleId rule = 0;
  if (!payload || !absl::SimpleAtoi(std::string(*payload), &rule)) return std::nullopt;
  return rule;
}

size_t Matcher::MemoryBytes() const { return sizeof(Impl) + impl_->rules.MemoryBytes(); }

}  // namespace pavane::rules
