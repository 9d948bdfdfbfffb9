#ifndef PAVANE_TESTS_BENCH_CHANGE_ROWS_H_
#define PAVANE_TESTS_BENCH_CHANGE_ROWS_H_

#include <vector>

#include "rules/matcher.h"
#include "tests/bench/bench_data.h"

namespace pavane::bench {

/// Rows about changing one rule among many: how long it takes until the new snapshot is there, and
/// how fast events are matched meanwhile, beside how fast they were before.
void AddChanges(const std::vector<rules::RuleEntry>& rules, const Events& events);

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_CHANGE_ROWS_H_
