#ifndef PAVANE_TESTS_BENCH_BROKER_RAW_LIMITS_H_
#define PAVANE_TESTS_BENCH_BROKER_RAW_LIMITS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/broker/rows.h"

namespace pavane::bench {

/// What gRPC and the disk alone can do, by bench_peer_raw. Rates per second; none without peers.
class RawLimits {
 public:
  explicit RawLimits(Bench& bench) : bench_(bench) {}

  std::optional<double> EchoRate(uint64_t count, int in_flight) const;
  std::optional<double> StreamRate(uint64_t count) const;
  std::optional<double> SyncRate(uint64_t count) const;
  /// Enters the rate as a peer of the figure.
  void Add(const std::string& figure, const std::string& name, std::optional<double> rate) const;

 private:
  std::optional<double> Run(const std::string& role, const std::string& where, uint64_t count,
                            int in_flight) const;
  std::optional<double> RunServed(const std::string& role, uint64_t count, int in_flight) const;

  Bench& bench_;
};

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_BROKER_RAW_LIMITS_H_
