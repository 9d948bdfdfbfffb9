#ifndef PAVANE_TESTS_BENCH_BROKER_PRODUCE_H_
#define PAVANE_TESTS_BENCH_BROKER_PRODUCE_H_

#include <cstdint>
#include <string>

#include "pavane/event.h"
#include "tests/bench/broker/workload.h"

namespace pavane::bench {

/// The order as an event.
Event MakeEvent(Orders& orders, uint64_t number, uint64_t made_ns);

/// Bytes of such an event as it is serialized, on average.
double EventBytes();

struct ProduceOptions {
  std::string address;
  uint64_t count = 0;
  double rate = 0;  // events/s; 0: as fast as they are taken
  /// Requests answered late: with `one_by_one` only.
  int in_flight = 0;
  /// Type of the events; empty: as the order says.
  std::string type;
};

/// Each returns the process' exit code, after a line by PrintProduced.
/// With the client library and its defaults.
int Produce(const ProduceOptions& options);
/// One event a message on one publish stream, `in_flight` of them not yet answered.
int ProduceOneByOne(const ProduceOptions& options);
/// Unary calls, `in_flight` at a time.
int ProduceUnary(const ProduceOptions& options);

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_BROKER_PRODUCE_H_
