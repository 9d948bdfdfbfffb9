#ifndef PAVANE_TESTS_BENCH_BROKER_IDLE_STREAMS_H_
#define PAVANE_TESTS_BENCH_BROKER_IDLE_STREAMS_H_

#include <string>

namespace pavane::bench {

/// Opens `count` streams of the service `idle`, each with credit, prints `ready` when all are open,
/// and holds them until it is ended by a signal. Returns only if that failed.
int HoldIdleStreams(const std::string& address, int count);

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_BROKER_IDLE_STREAMS_H_
