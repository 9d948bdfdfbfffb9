#include "metrics/histogram.h"

#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/thread.h"

namespace pavane::metrics {
namespace {

using ::testing::ElementsAre;

constexpr double kBounds[] = {1, 2, 4};

TEST(Histogram, AValueEqualToABoundIsWithinIt) {
  Histogram histogram(kBounds);
  histogram.Observe(1);
  histogram.Observe(1.5);
  histogram.Observe(4);
  histogram.Observe(5);
  EXPECT_THAT(histogram.Take().cumulative, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(histogram.Take().sum, 11.5);
}

TEST(Histogram, DurationsAreSeconds) {
  Histogram histogram(kBounds);
  histogram.Observe(absl::Milliseconds(1500));
  EXPECT_EQ(histogram.Take().sum, 1.5);
}

TEST(Histogram, NothingIsLostBetweenThreads) {
  Histogram histogram(kBounds);
  constexpr int kThreads = 6, kEach = 20'000;
  {
    std::vector<Thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back("observer", [&histogram] {
        for (int i = 0; i < kEach; ++i) histogram.Observe(3);
      });
    }
  }
  EXPECT_THAT(histogram.Take().cumulative, ElementsAre(0, 0, kThreads * kEach, kThreads * kEach));
  EXPECT_EQ(histogram.Take().sum, 3.0 * kThreads * kEach);
}

TEST(Histogram, TheBrokersBoundsRise) {
  Histogram latency(LatencyBounds()), commit(CommitBounds()), entries(EntriesBounds());
  EXPECT_EQ(latency.bounds().back(), 3600);
  EXPECT_EQ(commit.bounds().front(), 0.00005);
  EXPECT_EQ(entries.bounds().front(), 1);
}

}  // namespace
}  // namespace pavane::metrics
