#include "rules/matcher.h"

#include <algorithm>
#include <utility>

#include "rules/compiled_rules.h"
#include "rules/consistency_search.h"
#include "rules/entry_verifier.h"
#include "rules/event_reader.h"
#include "rules/event_values.h"
#include "rules/index_walk.h"
#include "rules/reference_interpreter.h"
#include "rules/run_filter.h"

namespace pavane::rules {

class Matcher::Impl {
 public:
  Impl(absl::Span<const RuleEntry> entries, const MatcherOptions& matcher_options)
      : options(matcher_options), rules(entries, options.steps_max) {}

  const MatcherOptions options;
  const CompiledRules rules;
};

namespace {

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

// Whether the values of shallow slots are enough to verify them.
bool AllShallow(const RuleIndex& index, const std::vector<uint32_t>& candidates) {
  return std::all_of(candidates.begin(), candidates.end(),
                     [&index](uint32_t number) { return index.entries[number].shallow; });
}

// Fills `candidates` of the scratch, reading of the event what is needed for that.
void FindCandidates(const CompiledRules& rules, const event::EventView& event, Scratch* scratch) {
  const bool defer = rules.index.nodes[RuleIndex::kRoot].shallow_count != 0;
  scratch->values.Reset(rules.trie.slot_count());
  ReadEvent(event, rules.trie, defer, &scratch->values);
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
    if (!scratch->values.deferred().empty()) ReadDeferred(event, rules.trie, &scratch->values);
  }
  walk.Descend(visit);
}

void FindMatches(const CompiledRules& rules, const event::EventView& event, Scratch* scratch) {
  scratch->matched.clear();
  scratch->too_complex.clear();
  scratch->candidates.clear();
  FindCandidates(rules, event, scratch);
  EntryVerifier verifier(rules, &scratch->values);
  for (uint32_t number : scratch->candidates) {
    const IndexEntry& entry = rules.index.entries[number];
    const ConsistencySearch::Outcome outcome = verifier.Verify(entry);
    if (outcome == ConsistencySearch::Outcome::kMatch) scratch->matched.push_back(entry.rule);
    if (outcome == ConsistencySearch::Outcome::kTooComplex) {
      scratch->too_complex.push_back(entry.rule);
    }
  }
}

}  // namespace

Matcher::Matcher(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Matcher::~Matcher() = default;

std::shared_ptr<const Matcher> Matcher::Build(absl::Span<const RuleEntry> rules,
                                              const MatcherOptions& options) {
  return std::shared_ptr<const Matcher>(new Matcher(std::make_unique<const Impl>(rules, options)));
}

absl::Status Matcher::Match(const event::EventView& event, std::vector<RuleId>* matched,
                            const absl::flat_hash_set<RuleId>* without) const {
  Scratch& scratch = ThreadScratch();
  FindMatches(impl_->rules, event, &scratch);
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

size_t Matcher::MemoryBytes() const { return sizeof(Impl) + impl_->rules.MemoryBytes(); }

}  // namespace pavane::rules
