#ifndef PAVANE_RULES_EXPLAIN_H_
#define PAVANE_RULES_EXPLAIN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "event/event_view.h"
#include "rules/explain_miss.h"
#include "rules/matcher.h"
#include "rules/pattern.h"

namespace pavane::rules {

/// A node of an explained pattern: the pattern as written, with what became of each part.
///
///  * kAll passes if all of its children do that are not replaced;
///  * kAny ($or) passes if one of its children does;
///  * kField passes if its field alone would match the event. In a pattern that matches, a field
///  that
///    takes part in the match passes, too, when it is absent in the array element that others
///    chose;
///  * kTest passes if a value passes the test, or, for {"exists": false}, if the field passes by
///    being absent;
///  * kSameElements stands behind the fields of a pattern that pass one by one but not together,
///  and
///    never passes.
struct ExplainedNode {
  enum class Kind : uint8_t { kAll = 1, kAny = 2, kField = 3, kTest = 4, kSameElements = 5 };

  Kind kind = Kind::kAll;
  std::string path;  // of fields; kAll and kAny: where they stand; kSameElements: of the array
  std::string test;  // kTest: as written
  bool passed = false;
  /// A field written after it, of the same path, took its place: it takes no part.
  bool replaced = false;
  std::vector<std::string> values;  // kField: the first ones, as JSON texts
  uint64_t values_total = 0;
  NearMiss miss;      // why it fails; kField: the nearest of its tests'
  size_t offset = 0;  // in the pattern's text, in bytes
  std::vector<ExplainedNode> children;
};

struct ExplainOptions {
  MatcherOptions matcher;
  size_t values_max = 10;               // shown of a field
  size_t value_bytes_max = 200;         // shown of a value
  size_t values_bytes_max = 256 << 10;  // shown of all values together
  size_t conjunctions_max = 10;         // shown of a pattern that is shown multiplied out
  /// Tests of values; beyond it explaining is refused.
  uint64_t judgements_max = 2'000'000;
};

struct Explanation {
  enum class Verdict : uint8_t { kMatches, kDoesNotMatch, kTooComplex };

  Verdict verdict = Verdict::kDoesNotMatch;
  /// Passes exactly if the pattern matches.
  ExplainedNode root;
  /// The pattern has a field that is replaced in some branches of `$or` only, so that no tree of
  /// the pattern as written has the right answer: the root is the choice of what it multiplies out
  /// to, nearest first, of which at most conjunctions_max are shown.
  bool multiplied_out = false;
  uint64_t conjunctions = 0;
};

/// Why the pattern matches the event or not. The verdict is that of the reference interpreter and
/// the matcher under the same options. ResourceExhausted when the event has more values for the
/// tests than judgements_max allows.
absl::StatusOr<Explanation> Explain(const Pattern& pattern, const event::EventView& event,
                                    const ExplainOptions& options = {});

}  // namespace pavane::rules

#endif  // PAVANE_RULES_EXPLAIN_H_
