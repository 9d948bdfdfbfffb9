// Rows that are more than a load: what idle things cost, and starts. One repetition each, as in
// rows.h.
#ifndef PAVANE_TESTS_BENCH_BROKER_HARD_ROWS_H_
#define PAVANE_TESTS_BENCH_BROKER_HARD_ROWS_H_

#include "tests/bench/broker/rows.h"

namespace pavane::bench {

/// 10,000 targets and 2,000 streams, all idle: memory of each, CPU of all; and a scrape of
/// /metrics.
bool Idle(Bench& bench);
/// Ready again after SIGKILL with a million undelivered events.
bool Restart(Bench& bench);

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_BROKER_HARD_ROWS_H_
