// A number that only rises. Any thread; one relaxed atomic addition.
#ifndef PAVANE_METRICS_COUNTER_H_
#define PAVANE_METRICS_COUNTER_H_

#include <atomic>
#include <cstdint>

namespace pavane::metrics {

class Counter {
 public:
  Counter() = default;
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;

  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

}  // namespace pavane::metrics

#endif  // PAVANE_METRICS_COUNTER_H_
