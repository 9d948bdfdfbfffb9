#ifndef PAVANE_RULES_RULE_ID_H_
#define PAVANE_RULES_RULE_ID_H_

#include <cstdint>

namespace pavane::rules {

/// The caller's number for a rule; rules/ only hands it back. Never reused by the catalog.
using RuleId = uint64_t;

}  // namespace pavane::rules

#endif  // PAVANE_RULES_RULE_ID_H_
