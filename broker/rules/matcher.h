#ifndef PAVANE_RULES_MATCHER_H_
#define PAVANE_RULES_MATCHER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/types/span.h"

#include "event/event_view.h"
#include "rules/compiled_rules.h"
#include "rules/rule_id.h"

namespace pavane::rules {

struct MatcherOptions {
  /// Work that array consistency may cost for one rule and one event, in the steps that
  /// docs/patterns.md defines. Beyond it Match fails with ResourceExhausted.
  uint64_t steps_max = 1'000'000;
  /// Work that one event may cost with all rules together: a look at a value for a test, a step of
  /// array consistency, or four bytes of a text that is searched through are one each. Tests that
  /// need no search cost nothing where a slot has few values. Beyond it Match fails with
  /// ResourceExhausted. It depends on how the rules are laid out, so the bound is far above what
  /// honest events cost.
  uint64_t work_max = 20'000'000;
};

/// Finds the rules that an event matches. Immutable: built once from a set of rules, then shared
/// by any number of threads, which call Match at the same time without a lock. It keeps no
/// reference to the rules' patterns.
class Matcher {
 public:
  /// `rules` in any order; an id given twice counts as one rule that matches when either pattern
  /// does. With a `base` this is an overlay of it, see MatchAfterBase.
  static std::shared_ptr<const Matcher> Build(absl::Span<const RuleEntry> rules,
                                              const MatcherOptions& options = {},
                                              std::shared_ptr<const Matcher> base = nullptr);
  ~Matcher();
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;

  /// Puts the ids of all rules that match into `matched`, ascending, each once; what was in it is
  /// dropped. Fails with ResourceExhausted (reason EVENT_TOO_COMPLEX at the doors) when a rule's
  /// work budget, which RuleOf tells, or that of all does not suffice; `matched` is empty then.
  /// Rules in `without`, if given, are left out, and so is what they would have failed with.
  absl::Status Match(const event::EventView& event, std::vector<RuleId>* matched,
                     const absl::flat_hash_set<RuleId>* without = nullptr) const;

  /// The same for an overlay: for the event, unchanged, that its base has just been asked for, on
  /// this thread and with nothing in between. Takes what the base has read of the event, if the
  /// base's rules name all paths that these rules name; else reads the event again.
  absl::Status MatchAfterBase(const event::EventView& event, std::vector<RuleId>* matched) const;

  /// The rule whose budget did not suffice, of Match's status; nothing if it was that of all.
  static std::optional<RuleId> RuleOf(const absl::Status& status);

  /// Bytes held by the matcher, roughly.
  size_t MemoryBytes() const;

 private:
  class Impl;
  explicit Matcher(std::unique_ptr<const Impl> impl);

  const std::unique_ptr<const Impl> impl_;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_MATCHER_H_
