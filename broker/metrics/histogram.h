// Counts observations in buckets. Any thread; an observation is a short search and two additions
// in the calling thread's shard, so that loops on several cores do not fight for one cache line.
//
// A snapshot taken while others observe may miss their latest observations, but its count is always
// the sum of its buckets.
#ifndef PAVANE_METRICS_HISTOGRAM_H_
#define PAVANE_METRICS_HISTOGRAM_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace pavane::metrics {

// Upper bounds in seconds: half a millisecond to an hour.
absl::Span<const double> LatencyBounds();
// Upper bounds in seconds for one commit or sync: 50 microseconds to 2.5 s.
absl::Span<const double> CommitBounds();
// Upper bounds for how many entries a commit holds: 1 to 16,384.
absl::Span<const double> EntriesBounds();

class Histogram {
 public:
  struct Snapshot {
    std::vector<uint64_t> cumulative;  // one per bound, then the total
    double sum = 0;
  };

  // `bounds` rise, are at most kBoundsMax, and outlive the histogram.
  explicit Histogram(absl::Span<const double> bounds);
  Histogram(const Histogram&) = delete;
  Histogram& operator=(const Histogram&) = delete;

  void Observe(double value);
  void Observe(absl::Duration value) { Observe(absl::ToDoubleSeconds(value)); }

  Snapshot Take() const;
  absl::Span<const double> bounds() const { return bounds_; }

  static constexpr size_t kBoundsMax = 23;

 private:
  static constexpr size_t kShards = 4;

  struct alignas(64) Shard {
    std::array<std::atomic<uint64_t>, kBoundsMax + 1> buckets{};
    std::atomic<double> sum{0};
  };

  const absl::Span<const double> bounds_;
  const std::unique_ptr<Shard[]> shards_;
};

}  // namespace pavane::metrics

#endif  // PAVANE_METRICS_HISTOGRAM_H_
