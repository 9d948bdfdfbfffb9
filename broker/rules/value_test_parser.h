#ifndef PAVANE_RULES_VALUE_TEST_PARSER_H_
#define PAVANE_RULES_VALUE_TEST_PARSER_H_

#include "absl/status/statusor.h"

#include "rules/json_tree.h"
#include "rules/pattern_text.h"
#include "rules/value_test.h"

namespace pavane::rules {

/// Which forms the older of the language's two compilers knows: the one that takes `$or` for an
/// ordinary name, and anything-but without lists of prefixes or suffixes and without wildcards.
enum class Dialect { kCurrent, kLegacy };

/// Reads one element of a field's array. `text` is what the node was read from.
absl::StatusOr<ValueTest> ParseValueTest(const PatternText& text, const JsonNode& node,
                                         Dialect dialect);

}  // namespace pavane::rules

#endif  // PAVANE_RULES_VALUE_TEST_PARSER_H_
