#ifndef PAVANE_RULES_PATTERN_H_
#define PAVANE_RULES_PATTERN_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "rules/value_test.h"

namespace pavane::rules {

/// Limits of what Pattern::Parse accepts. Beyond any of them the pattern is refused with a message
/// that names the limit.
struct PatternOptions {
  size_t length_max = 4096;        // characters (code points) of the text
  size_t combinations_max = 1000;  // conjunctions, after multiplying out `$or`
  size_t fields_max = 256;         // distinct fields in one conjunction
  size_t depth_max = 1000;         // nesting of objects and arrays
};

/// A field of a pattern: a path and the tests in its array, of which one must hold.
struct PatternField {
  std::string path;  // the steps joined with '.'
  std::vector<ValueTest> tests;
  size_t offset = 0;  // of the array in the pattern's text, in bytes
  size_t length = 0;
};

/// A node of the pattern as written, for explaining it: an object (all of its children), `$or`
/// (one of its children) or a field (index into Pattern::fields()).
struct PatternNode {
  enum class Kind : uint8_t { kAll, kOr, kField };
  Kind kind = Kind::kAll;
  std::string name;   // the member's name; empty for the root and for branches of `$or`
  size_t offset = 0;  // of the member's value in the pattern's text, in bytes
  size_t length = 0;
  uint32_t field = 0;  // kField
  std::vector<PatternNode> children;
};

/// The fields that must hold together: indexes into Pattern::fields(), in the order in which they
/// are judged, which is by path, compared by UTF-16 code unit.
using Conjunction = std::vector<uint32_t>;

/// A parsed event pattern. Immutable and shared: rule catalog, matchers and explanations hold the
/// same one. It matches an event when one of its conjunctions does.
class Pattern {
 public:
  /// Reads `text`. On failure INVALID_PATTERN, whose message and place (event::PlaceOf) say what is
  /// wrong, where (`line N column M`) and what is allowed there.
  static absl::StatusOr<std::shared_ptr<const Pattern>> Parse(absl::string_view text,
                                                              const PatternOptions& options = {});

  const std::string& text() const { return text_; }
  const PatternNode& root() const { return root_; }
  const std::vector<PatternField>& fields() const { return fields_; }
  const std::vector<Conjunction>& conjunctions() const { return conjunctions_; }

 private:
  friend class PatternParser;
  Pattern() = default;

  std::string text_;
  PatternNode root_;
  std::vector<PatternField> fields_;
  std::vector<Conjunction> conjunctions_;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_PATTERN_H_
