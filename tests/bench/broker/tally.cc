#include "tests/bench/broker/tally.h"

#include <algorithm>
#include <cstdio>

#include "tests/bench/broker/workload.h"

namespace pavane::bench {

Tally::Tally(uint64_t expected) : expected_(expected), seen_(expected), latencies_ms_(expected) {}

bool Tally::Count(std::string_view data) {
  const uint64_t number = NumberOf(data);
  if (number >= expected_ || seen_[number].exchange(1, std::memory_order_relaxed) != 0) {
    repeated_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  latencies_ms_[number] = static_cast<float>(static_cast<double>(NowNs() - MadeNsOf(data)) / 1e6);
  return distinct_.fetch_add(1) + 1 == expected_;
}

void Tally::Print(uint64_t end_ns) const {
  std::vector<float> sorted = latencies_ms_;
  std::sort(sorted.begin(), sorted.end());
  std::printf("%llu %.6f %.4f %.4f %llu\n", static_cast<unsigned long long>(end_ns), CpuSeconds(),
              static_cast<double>(sorted[sorted.size() / 2]),
              static_cast<double>(sorted[sorted.size() * 99 / 100]),
              static_cast<unsigned long long>(repeated_.load()));
  std::fflush(stdout);
}

void PrintReady() {
  std::printf("ready\n");
  std::fflush(stdout);
}

void PrintProduced(uint64_t start_ns, double cpu_start) {
  std::printf("%llu %llu %.6f\n", static_cast<unsigned long long>(start_ns),
              static_cast<unsigned long long>(NowNs()), CpuSeconds() - cpu_start);
  std::fflush(stdout);
}

}  // namespace pavane::bench
