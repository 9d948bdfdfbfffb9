#ifndef PAVANE_TESTS_BENCH_BROKER_TROUBLE_ROWS_H_
#define PAVANE_TESTS_BENCH_BROKER_TROUBLE_ROWS_H_

#include "tests/bench/broker/rows.h"

namespace pavane::bench {

// Rows in which one target is in trouble. Beside it live traffic of another service runs at a
// steady rate, before and meanwhile: the trouble must not slow it.

/// Every delivery of a backlog is rejected.
bool Storm(Bench& bench);
/// Every second delivery of a backlog fails at its first attempt.
bool Failing(Bench& bench);
/// The whole backlog becomes too old at one time.
bool Expiring(Bench& bench);
/// A backlog of one event a commit, drained, beside one published in batches.
bool SmallCommits(Bench& bench);

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_BROKER_TROUBLE_ROWS_H_
