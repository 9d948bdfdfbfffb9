#ifndef PAVANE_RULES_ANYTHING_BUT_PARSER_H_
#define PAVANE_RULES_ANYTHING_BUT_PARSER_H_

#include "absl/status/status.h"

#include "rules/json_tree.h"
#include "rules/pattern_text.h"
#include "rules/value_test.h"
#include "rules/value_test_parser.h"

namespace pavane::rules {

/// Reads the argument of `anything-but` into `test`. `text` is what the node was read from.
absl::Status ParseAnythingBut(const PatternText& text, const JsonNode& argument, Dialect dialect,
                              ValueTest* test);

}  // namespace pavane::rules

#endif  // PAVANE_RULES_ANYTHING_BUT_PARSER_H_
