// The two processes beside the broker: both use the C++ client library with its defaults.
#ifndef PAVANE_TESTS_BENCH_BROKER_ROLES_H_
#define PAVANE_TESTS_BENCH_BROKER_ROLES_H_

#include <cstdint>
#include <string>

namespace pavane::bench {

inline constexpr int kRules = 1'000;
inline constexpr char kEventType[] = "BenchOrder";
inline constexpr char kService[] = "bench";

/// Publishes `count` events of 512 bytes of data, one in `kRules` for each rule; `rate` events/s,
/// 0: as fast as the broker takes them. Prints `seconds cpu_seconds` when the last is answered.
int RunProducer(const std::string& address, uint64_t count, double rate);

/// Publishes `count` events by unary calls, `in_flight` at a time, without the library's batching.
/// Prints `seconds cpu_seconds`.
int RunUnary(const std::string& address, uint64_t count, int in_flight);

/// Acks `count` distinct events. Prints `ready` when connected, then
/// `seconds cpu_seconds p50_ms p99_ms`: from the first event to the last, and from an event's
/// making to its handler.
int RunConsumer(const std::string& address, uint64_t count);

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_BROKER_ROLES_H_
