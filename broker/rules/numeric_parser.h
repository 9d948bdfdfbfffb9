#ifndef PAVANE_RULES_NUMERIC_PARSER_H_
#define PAVANE_RULES_NUMERIC_PARSER_H_

#include "absl/status/status.h"

#include "rules/json_tree.h"
#include "rules/pattern_text.h"
#include "rules/value_test.h"

namespace pavane::rules {

/// Reads the argument of `numeric` into `test`: an operator and a number, or a lower bound followed
/// by an upper one. `text` is what the node was read from.
absl::Status ParseNumeric(const PatternText& text, const JsonNode& argument, ValueTest* test);

}  // namespace pavane::rules

#endif  // PAVANE_RULES_NUMERIC_PARSER_H_
