// A number that goes up and down. Any thread.
#ifndef PAVANE_METRICS_GAUGE_H_
#define PAVANE_METRICS_GAUGE_H_

#include <atomic>

namespace pavane::metrics {

class Gauge {
 public:
  Gauge() = default;
  Gauge(const Gauge&) = delete;
  Gauge& operator=(const Gauge&) = delete;

  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double delta) { value_.fetch_add(delta, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

}  // namespace pavane::metrics

#endif  // PAVANE_METRICS_GAUGE_H_
