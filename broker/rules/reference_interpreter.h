#ifndef PAVANE_RULES_REFERENCE_INTERPRETER_H_
#define PAVANE_RULES_REFERENCE_INTERPRETER_H_

#include <cstdint>

#include "absl/status/statusor.h"

#include "event/event_view.h"
#include "rules/flat_event.h"
#include "rules/matcher.h"
#include "rules/pattern.h"
#include "rules/value_test.h"

namespace pavane::rules {

/// The language as it is defined, step by step and without any cleverness: the judge over the
/// matcher in tests, and what explanations are made from.

/// Whether `value` passes `test`. An exists test passes any value if true and none if false, which
/// is about the absence of values.
bool Passes(const ValueTest& test, const FlatEvent::Value& value);

/// Whether the event matches the pattern. Fails with ResourceExhausted when that takes more than
/// `options.steps_max` steps; every conjunction has an equal share of them.
absl::StatusOr<bool> Interpret(const Pattern& pattern, const FlatEvent& event,
                               const MatcherOptions& options = {});
absl::StatusOr<bool> Interpret(const Pattern& pattern, const event::EventView& event,
                               const MatcherOptions& options = {});

/// What Interpret and Matcher::Match fail with.
absl::Status TooComplex(uint64_t steps_max);

}  // namespace pavane::rules

#endif  // PAVANE_RULES_REFERENCE_INTERPRETER_H_
