#ifndef PAVANE_TESTS_BENCH_HOSTILE_ROWS_H_
#define PAVANE_TESTS_BENCH_HOSTILE_ROWS_H_

namespace pavane::bench {

/// Rows that show what rules and events made to hurt can cost at most: parsing, building and
/// matching each end early or with an error, whatever they are made of.
void AddHostile();

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_HOSTILE_ROWS_H_
