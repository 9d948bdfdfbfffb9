#ifndef PAVANE_TESTS_BENCH_BROKER_ROWS_H_
#define PAVANE_TESTS_BENCH_BROKER_ROWS_H_

#include <functional>
#include <string>
#include <vector>

#include "tests/bench/broker/ledger.h"
#include "tests/bench/broker/pavane_contestant.h"

namespace pavane::bench {

/// What every row is run with.
struct Bench {
  PavaneContestant::Programs programs;
  std::string peer_programs;  // their folder
  double scale = 1;           // of the numbers of events
  bool with_peers = true;
  Ledger ledger;

  uint64_t Events(uint64_t count) const {
    return static_cast<uint64_t>(static_cast<double>(count) * scale);
  }
};

/// One line of the table of goals, or a few that are measured together.
struct Row {
  std::string name;
  std::string what;
  /// One repetition: ours, then each peer. False if ours failed.
  std::function<bool(Bench&)> run;
};

const std::vector<Row>& Rows();

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_BROKER_ROWS_H_
