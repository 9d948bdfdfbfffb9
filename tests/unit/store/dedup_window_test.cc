#include "store/dedup_window.h"

#include <deque>
#include <map>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "base/random.h"

namespace pavane::store {
namespace {

event::Hash128 Id(uint64_t n) { return {n, n}; }
DedupWindow::First At(uint64_t sequence) { return {Sequence(sequence), 2}; }

TEST(DedupWindowTest, FindsTheFirstWithinTheTime) {
  DedupWindow window({.window_us = 100, .ids_max = 10});
  window.Add(Id(1), 1000, At(5));
  EXPECT_EQ(window.Find(Id(1), 1099), At(5));
  EXPECT_EQ(window.Find(Id(2), 1099), std::nullopt);
  EXPECT_EQ(window.Find(Id(1), 1100), std::nullopt);
  EXPECT_EQ(window.size(), 0);
}

TEST(DedupWindowTest, TheOldestGoesWhenThereAreTooMany) {
  DedupWindow window({.window_us = 100, .ids_max = 2});
  for (uint64_t i = 1; i <= 3; ++i) window.Add(Id(i), 1000, At(i));
  EXPECT_EQ(window.Find(Id(1), 1000), std::nullopt);
  EXPECT_EQ(window.Find(Id(2), 1000), At(2));
  EXPECT_EQ(window.Find(Id(3), 1000), At(3));
}

TEST(DedupWindowTest, TruncateTakesBackTheNewest) {
  DedupWindow window({.window_us = 100, .ids_max = 10});
  window.Add(Id(1), 1000, At(1));
  const uint64_t mark = window.added_total();
  window.Add(Id(2), 1000, At(2));
  window.Add(Id(3), 1000, At(3));
  window.TruncateTo(mark);
  EXPECT_EQ(window.Find(Id(1), 1000), At(1));
  EXPECT_EQ(window.Find(Id(2), 1000), std::nullopt);
  EXPECT_EQ(window.Find(Id(3), 1000), std::nullopt);
  window.Add(Id(2), 1000, At(2));
  EXPECT_EQ(window.Find(Id(2), 1000), At(2));
}

TEST(DedupWindowTest, ANarrowerPolicyHoldsAtOnce) {
  DedupWindow window({.window_us = 1000, .ids_max = 10});
  for (uint64_t i = 1; i <= 5; ++i) window.Add(Id(i), 1000 + static_cast<int64_t>(i), At(i));
  window.set_policy({.window_us = 1000, .ids_max = 2});
  EXPECT_EQ(window.Find(Id(3), 1010), std::nullopt);
  EXPECT_EQ(window.Find(Id(4), 1010), At(4));
  window.set_policy({.window_us = 0, .ids_max = 2});
  EXPECT_EQ(window.Find(Id(5), 1010), std::nullopt);
}

TEST(DedupWindowTest, BehavesAsAListUnderRandomOperations) {
  const uint64_t seed = SystemRandom::Get().Uint64();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  SeededRandom random(seed);
  constexpr int64_t kWindow = 500;
  constexpr size_t kMax = 200;
  DedupWindow window({.window_us = kWindow, .ids_max = kMax});
  struct Entry {
    uint64_t id;
    int64_t at;
    uint64_t sequence;
  };
  std::deque<Entry> model;
  int64_t now = 10'000;
  for (uint64_t step = 1; step < 50'000; ++step) {
    now += static_cast<int64_t>(random.Uniform(6));
    while (!model.empty() && (model.front().at <= now - kWindow || model.size() > kMax)) {
      model.pop_front();
    }
    const uint64_t id = random.Uniform(400);
    std::optional<DedupWindow::First> expected;
    for (const Entry& entry : model) {
      if (entry.id == id) expected = At(entry.sequence);
    }
    ASSERT_EQ(window.Find(Id(id), now), expected) << "step " << step;
    if (expected.has_value()) continue;
    window.Add(Id(id), now, At(step));
    model.push_back({id, now, step});
    if (model.size() > kMax) model.pop_front();
    if (random.Uniform(10) == 0) {
      window.TruncateTo(window.added_total() - 1);
      model.pop_back();
    }
  }
}

}  // namespace
}  // namespace pavane::store
