#ifndef PAVANE_TESTS_BENCH_BROKER_TALLY_H_
#define PAVANE_TESTS_BENCH_BROKER_TALLY_H_

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

namespace pavane::bench {

/// What a consumer has seen: each order once, and how long it was under way. From any thread.
class Tally {
 public:
  explicit Tally(uint64_t expected);

  /// Counts the order unless it was seen before. True when it was the last one missing.
  bool Count(std::string_view data);
  uint64_t distinct() const { return distinct_; }
  uint64_t repeated() const { return repeated_; }

  /// Prints `end_ns cpu_seconds p50_ms p99_ms repeated`, the line every consumer ends with.
  void Print(uint64_t end_ns) const;

 private:
  const uint64_t expected_;
  std::vector<std::atomic<uint8_t>> seen_;
  std::vector<float> latencies_ms_;  // by number
  std::atomic<uint64_t> distinct_ = 0;
  std::atomic<uint64_t> repeated_ = 0;
};

/// Says that the consumer may be sent to.
void PrintReady();
/// The line every producer ends with: `start_ns end_ns cpu_seconds`.
void PrintProduced(uint64_t start_ns, double cpu_start);

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_BROKER_TALLY_H_
