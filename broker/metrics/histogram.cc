#include "metrics/histogram.h"

#include <algorithm>

#include "base/check.h"

namespace pavane::metrics {
namespace {

constexpr double kLatency[] = {.0005, .001, .0025, .005, .01, .025, .05, .1,  .25,
                               .5,    1,    2.5,   5,    10,  30,   60,  300, 3600};
constexpr double kCommit[] = {.00005, .0001, .00025, .0005, .001, .0025, .005, .01,
                              .025,   .05,   .1,     .25,   .5,   1,     2.5};
constexpr double kEntries[] = {1, 4, 16, 64, 256, 1024, 4096, 16384};

// Threads are numbered as they first observe; neighbours get different shards.
size_t ThreadNumber() {
  static std::atomic<size_t> next{0};
  thread_local const size_t number = next.fetch_add(1, std::memory_order_relaxed);
  return number;
}

}  // namespace

absl::Span<const double> LatencyBounds() { return kLatency; }
absl::Span<const double> CommitBounds() { return kCommit; }
absl::Span<const double> EntriesBounds() { return kEntries; }

Histogram::Histogram(absl::Span<const double> bounds)
    : bounds_(bounds), shards_(std::make_unique<Shard[]>(kShards)) {
  CHECK(bounds.size() <= kBoundsMax) << "too many bounds";
  CHECK(std::is_sorted(bounds.begin(), bounds.end())) << "bounds must rise";
}

void Histogram::Observe(double value) {
  Shard& shard = shards_[ThreadNumber() % kShards];
  // The first bound that is not less: a value equal to a bound belongs below it ("le").
  size_t bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  shard.buckets[bucket].fetch_add(1, std::memory_order_relaxed);
  shard.sum.fetch_add(value, std::memory_order_relaxed);
}

Histogram::Snapshot Histogram::Take() const {
  Snapshot snapshot;
  snapshot.cumulative.assign(bounds_.size() + 1, 0);
  for (size_t s = 0; s < kShards; ++s) {
    for (size_t b = 0; b <= bounds_.size(); ++b) {
      snapshot.cumulative[b] += shards_[s].buckets[b].load(std::memory_order_relaxed);
    }
    snapshot.sum += shards_[s].sum.load(std::memory_order_relaxed);
  }
  for (size_t b = 1; b < snapshot.cumulative.size(); ++b) {
    snapshot.cumulative[b] += snapshot.cumulative[b - 1];
  }
  return snapshot;
}

}  // namespace pavane::metrics
