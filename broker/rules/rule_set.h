#ifndef PAVANE_RULES_RULE_SET_H_
#define PAVANE_RULES_RULE_SET_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/types/span.h"

#include "event/event_view.h"
#include "rules/matcher.h"

namespace pavane::rules {

/// The rules in force on a bus at one position of the commit order: an immutable snapshot, made of
/// a large base and a small overlay of what was put or deleted since the base was built. A change
/// makes a new snapshot that shares the base; whoever owns the bus publishes it by exchanging one
/// pointer. Matching never locks. The overlay takes what the base has read of an event, if the base
/// names its paths.
///
/// A small set has no overlay: it is built anew with each change, which takes about a millisecond.
///
/// The overlay is meant to stay small. When NeedsRebuild() says so, the owner calls Rebuilt() on
/// the current snapshot, on any thread, and when that is done, `Rebased(rebuilt)` on the snapshot
/// that is current by then, which carries over what changed meanwhile.
class RuleSet {
 public:
  /// Builds a snapshot whose base holds all `rules`. Ids are distinct.
  static std::shared_ptr<const RuleSet> Build(absl::Span<const RuleEntry> rules,
                                              const MatcherOptions& options = {});

  /// A new snapshot in which `put` is added or replaced and `removed` is gone. An id that is in
  /// both is put; removing an unknown id is no error. One call is one swap, however many rules.
  std::shared_ptr<const RuleSet> With(absl::Span<const RuleEntry> put,
                                      absl::Span<const RuleId> removed = {}) const;

  /// See Matcher::Match.
  absl::Status Match(const event::EventView& event, std::vector<RuleId>* matched) const;

  /// Whether the overlay has grown so far that further changes are slow.
  bool NeedsRebuild() const;
  /// Whether there is an overlay, which every event is matched against as well.
  bool HasOverlay() const { return !changes_.empty(); }
  /// The same rules, all in the base. Takes about a second for 100,000 rules.
  std::shared_ptr<const RuleSet> Rebuilt() const;
  /// This snapshot's rules over the base of `rebuilt`, which was made by Rebuilt() from this
  /// snapshot or an earlier one it descends from. Null when this snapshot has a newer base by
  /// itself, since a small one is rebuilt with each change.
  std::shared_ptr<const RuleSet> Rebased(const RuleSet& rebuilt) const;

  size_t size() const { return size_; }

 private:
  /// The pattern of each rule that a matcher holds.
  using Patterns = absl::flat_hash_map<RuleId, std::shared_ptr<const Pattern>>;
  /// What became of an id since the base was built; null: removed.
  using Changes = std::map<RuleId, std::shared_ptr<const Pattern>>;

  RuleSet() = default;
  static std::shared_ptr<RuleSet> BuildSet(absl::Span<const RuleEntry> rules,
                                           const MatcherOptions& options);
  std::shared_ptr<const RuleSet> WithChanges(Changes changes) const;
  std::vector<RuleEntry> AllRules(const Changes& changes) const;

  // All constant after construction.
  MatcherOptions options_;
  std::shared_ptr<const Patterns> base_patterns_;
  std::shared_ptr<const Matcher> base_;
  std::weak_ptr<const Matcher> rebuilt_from_;  // by Rebuilt(): the base before
  Changes changes_;
  absl::flat_hash_set<RuleId> replaced_;  // of the base, removed or put anew
  std::shared_ptr<const Matcher> overlay_;
  size_t size_ = 0;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_RULE_SET_H_
