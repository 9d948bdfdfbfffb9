#ifndef PAVANE_TESTS_BENCH_BROKER_CONSUME_H_
#define PAVANE_TESTS_BENCH_BROKER_CONSUME_H_

#include <cstdint>
#include <string>

namespace pavane::bench {

/// Services that the bench's rules name: kService, or `kService` with a number.
inline constexpr char kService[] = "bench";

/// What is done with a delivery.
enum class Handling {
  kAck,
  kReject,
  /// The first attempt at every second order is nacked.
  kFailing,
  /// Services kService + "0" to "4", each of which settles with one event for the next.
  kChain,
};
inline constexpr int kChainSteps = 5;
/// Type of the events that service `step` of the chain handles.
std::string ChainType(int step);

struct ConsumeOptions {
  std::string address;
  std::string service = kService;
  uint64_t count = 0;
  Handling handling = Handling::kAck;
};

/// A process with the client library and its defaults: handles `count` different orders and ends
/// when each settlement is answered. Returns the exit code, after a line by Tally::Print.
int Consume(const ConsumeOptions& options);

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_BROKER_CONSUME_H_
