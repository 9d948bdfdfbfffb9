#ifndef PAVANE_RULES_CIDR_PARSER_H_
#define PAVANE_RULES_CIDR_PARSER_H_

#include "absl/status/status.h"

#include "rules/json_tree.h"
#include "rules/pattern_text.h"
#include "rules/value_test.h"

namespace pavane::rules {

/// Reads the argument of `cidr`, ADDRESS/BITS, into `test`. `text` is what the node was read from.
absl::Status ParseCidr(const PatternText& text, const JsonNode& argument, ValueTest* test);

}  // namespace pavane::rules

#endif  // PAVANE_RULES_CIDR_PARSER_H_
