#ifndef PAVANE_RULES_MATCHER_H_
#define PAVANE_RULES_MATCHER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
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
};

/// Finds the rules that an event matches. Immutable: built once from a set of rules, then shared
/// by any number of threads, which call Match at the same time without a lock. It keeps no
/// reference to the rules' patterns.
class Matcher {
 public:
  /// `rules` in any order; an id given twice counts as one rule that matches when either pattern
  /// does.
  static std::shared_ptr<const Matcher> Build(absl::Span<const RuleEntry> rules,
                                              const MatcherOptions& options = {});
  ~Matcher();
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;

  /// Puts the ids of all rules that match into `matched`, ascending, each once; what was in it is
  /// dropped. Fails with ResourceExhausted (reason EVENT_TOO_COMPLEX at the doors) when a rule's
  /// work budget does not suffice; `matched` is empty then.
  /// Rules in `without`, if given, are left out, and so is what they would have failed with.
  absl::Status Match(const event::EventView& event, std::vector<RuleId>* matched,
                     const absl::flat_hash_set<RuleId>* without = nullptr) const;

  /// Bytes held by the matcher, roughly.
  size_t MemoryBytes() const;

 private:
  class Impl;
  explicit Matcher(std::unique_ptr<const Impl> impl);

  const std::unique_ptr<const Impl> impl_;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_MATCHER_H_
