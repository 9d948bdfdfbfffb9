#ifndef PAVANE_TESTS_BENCH_RULE_CHANGE_RULE_SET_ROWS_H_
#define PAVANE_TESTS_BENCH_RULE_CHANGE_RULE_SET_ROWS_H_

#include <string>
#include <vector>

#include "tests/bench/rule_change/rows.h"

namespace pavane::bench {

/// Without the daemon: what one thread matches while some rules are changed and their base is not
/// yet rebuilt, against what it matches without; and how long a change takes. `events` are JSON
/// texts.
void AddRuleSetRows(const std::vector<std::string>& patterns,
                    const std::vector<std::string>& events, Rows* rows);

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_RULE_CHANGE_RULE_SET_ROWS_H_
