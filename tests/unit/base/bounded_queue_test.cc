#include "base/bounded_queue.h"

#include <atomic>
#include <deque>
#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/manual_clock.h"
#include "base/thread.h"

namespace pavane {
namespace {

using ::testing::ElementsAre;

TEST(BoundedQueue, HandsItemsOverInTheOrderTheyCame) {
  ManualClock clock;
  BoundedQueue<int> queue(4, clock);
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(queue.TryPush(int{i}));
  std::deque<int> out = {99};
  ASSERT_TRUE(queue.PopAll(out));
  EXPECT_THAT(out, ElementsAre(1, 2, 3));
  EXPECT_EQ(queue.size(), 0u);
}

TEST(BoundedQueue, RefusedItemIsUntouched) {
  ManualClock clock;
  BoundedQueue<std::unique_ptr<int>> queue(1, clock);
  ASSERT_TRUE(queue.TryPush(std::make_unique<int>(1)));
  auto item = std::make_unique<int>(2);
  EXPECT_FALSE(queue.TryPush(std::move(item)));
  ASSERT_NE(item, nullptr);
  queue.Close();
  EXPECT_FALSE(queue.Push(std::move(item)));
  ASSERT_NE(item, nullptr);
}

TEST(BoundedQueue, KeepsPlacesFreeForImportantItems) {
  ManualClock clock;
  BoundedQueue<int> queue(3, clock);
  EXPECT_TRUE(queue.TryPush(1, /*keep_free=*/2));
  EXPECT_FALSE(queue.TryPush(2, /*keep_free=*/2));
  EXPECT_TRUE(queue.TryPush(3));
  EXPECT_TRUE(queue.TryPush(4));
  EXPECT_FALSE(queue.TryPush(5));
}

TEST(BoundedQueue, ClosedQueueGivesOutWhatIsInsideThenEnds) {
  ManualClock clock;
  BoundedQueue<int> queue(4, clock);
  ASSERT_TRUE(queue.TryPush(1));
  queue.Close();
  EXPECT_FALSE(queue.TryPush(2));
  std::deque<int> out;
  EXPECT_TRUE(queue.PopAll(out));
  EXPECT_THAT(out, ElementsAre(1));
  EXPECT_FALSE(queue.PopAll(out));
  EXPECT_EQ(queue.Pop(), std::nullopt);
}

TEST(BoundedQueue, PopAllReturnsEmptyHandedAtTheDeadlineOfAManualClock) {
  ManualClock clock;
  BoundedQueue<int> queue(4, clock);
  const MonotonicTime deadline = clock.MonotonicNow() + absl::Seconds(5);
  std::deque<int> out;
  std::atomic<bool> returned{false};
  Thread consumer("consumer", [&] {
    EXPECT_TRUE(queue.PopAll(out, deadline));
    returned = true;
  });
  clock.AwaitWaiters(1);
  clock.Advance(absl::Seconds(4));
  clock.AwaitWaiters(1);
  EXPECT_FALSE(returned);
  clock.Advance(absl::Seconds(1));
  consumer.Join();
  EXPECT_TRUE(out.empty());
}

TEST(BoundedQueue, WakeMakesAWaitingConsumerReturn) {
  ManualClock clock;
  BoundedQueue<int> queue(4, clock);
  std::deque<int> out;
  Thread consumer("consumer", [&] { EXPECT_TRUE(queue.PopAll(out)); });
  clock.AwaitWaiters(1);
  queue.Wake();
  consumer.Join();
  EXPECT_TRUE(out.empty());
}

TEST(BoundedQueue, WakeBeforeTheWaitIsNotLost) {
  ManualClock clock;
  BoundedQueue<int> queue(4, clock);
  queue.Wake();
  EXPECT_EQ(queue.Pop(), std::nullopt);
}

TEST(BoundedQueue, PushWaitsForAPlace) {
  BoundedQueue<int> queue(1, SystemClock::Get());
  ASSERT_TRUE(queue.TryPush(1));
  Thread producer("producer", [&] { EXPECT_TRUE(queue.Push(2)); });
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_EQ(queue.Pop(), 2);
}

TEST(BoundedQueue, CloseFreesABlockedProducer) {
  BoundedQueue<int> queue(1, SystemClock::Get());
  ASSERT_TRUE(queue.TryPush(1));
  Thread producer("producer", [&] { EXPECT_FALSE(queue.Push(2)); });
  queue.Close();
}

TEST(BoundedQueue, ManyProducersAndConsumersLoseAndRepeatNothing) {
  constexpr int kProducers = 4;
  constexpr int kConsumers = 3;
  constexpr int kEach = 2000;
  BoundedQueue<int> queue(16, SystemClock::Get());
  std::vector<std::atomic<int>> seen(kProducers * kEach);
  std::vector<Thread> consumers;
  for (int c = 0; c < kConsumers; ++c) {
    consumers.emplace_back("consumer", [&] {
      while (const std::optional<int> item = queue.Pop()) ++seen[static_cast<size_t>(*item)];
    });
  }
  std::vector<Thread> producers;
  for (int p = 0; p < kProducers; ++p) {
    producers.emplace_back("producer", [&queue, p] {
      for (int i = 0; i < kEach; ++i) ASSERT_TRUE(queue.Push(p * kEach + i));
    });
  }
  for (Thread& producer : producers) producer.Join();
  queue.Close();
  for (Thread& consumer : consumers) consumer.Join();
  for (const std::atomic<int>& count : seen) ASSERT_EQ(count, 1);
}

}  // namespace
}  // namespace pavane
