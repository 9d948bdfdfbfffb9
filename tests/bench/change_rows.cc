#include "tests/bench/change_rows.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "absl/types/span.h"

#include "base/check.h"
#include "base/thread.h"
#include "rules/rule_set.h"
#include "tests/bench/bench_rows.h"

namespace pavane::bench {
namespace {

using Seconds = std::chrono::duration<double>;
using rules::RuleEntry;
using rules::RuleSet;

constexpr size_t kChanges = 512;
constexpr int kChangesPerSecond = 100;
constexpr int kOverlayPasses = 6;

double Since(std::chrono::steady_clock::time_point start) {
  return Seconds(std::chrono::steady_clock::now() - start).count();
}

// Events a second against `current`, which may be exchanged meanwhile.
double MatchRate(const std::shared_ptr<const RuleSet>& current, const Events& events) {
  std::vector<rules::RuleId> matched;
  size_t count = 0;
  const auto start = std::chrono::steady_clock::now();
  do {
    for (int i = 0; i < 1000; ++i) {
      CHECK_OK(
          std::atomic_load(&current)->Match(events.views[count++ % events.views.size()], &matched));
    }
  } while (Since(start) < 1.0);
  return static_cast<double>(count) / Since(start);
}

// Puts and deletes a rule in turn, so that the overlay grows to what it may hold at most.
std::vector<double> Change(absl::Span<const RuleEntry> rules,
                           std::shared_ptr<const RuleSet>* current) {
  std::vector<double> took;
  for (size_t i = 0; i < kChanges; ++i) {
    const auto before = std::atomic_load(current);
    const auto start = std::chrono::steady_clock::now();
    const std::vector<RuleEntry> put = {{rules.size() + 1 + i, rules[i * 7].pattern}};
    const std::vector<rules::RuleId> removed = {rules[i * 13].id};
    auto after = i % 2 == 0 ? before->With(put) : before->With({}, removed);
    took.push_back(Since(start) * 1e3);
    if (after->NeedsRebuild()) after = after->Rebased(*after->Rebuilt());
    std::atomic_store(current, std::move(after));
  }
  std::sort(took.begin(), took.end());
  return took;
}

// One pass over `events`: seconds of an event.
double MatchTime(const RuleSet& set, const Events& events) {
  std::vector<rules::RuleId> matched;
  const auto start = std::chrono::steady_clock::now();
  for (const auto& view : events.views) CHECK_OK(set.Match(view, &matched));
  return Since(start) / static_cast<double>(events.views.size());
}

// What an overlay of `count` rules costs an event. Both in turn, best pass of each.
void AddOverlay(absl::Span<const RuleEntry> rules, const RuleSet& base, const Events& events,
                size_t count) {
  std::vector<RuleEntry> put;
  for (size_t i = 0; i < count; ++i) put.push_back({rules.size() + 1 + i, rules[i * 7].pattern});
  const auto overlaid = base.With(put);
  CHECK(overlaid->HasOverlay());
  double without = 1;
  double with = 1;
  for (int i = 0; i < kOverlayPasses; ++i) {
    without = std::min(without, MatchTime(base, events));
    with = std::min(with, MatchTime(*overlaid, events));
  }
  AddFigure("change/overlay of " + std::to_string(count) + ", time of an event to without", "ratio",
            with / without, 1.1);
}

}  // namespace

void AddChanges(const std::vector<RuleEntry>& rules, const Events& events) {
  std::shared_ptr<const RuleSet> current = RuleSet::Build(rules);
  const std::vector<double> took = Change(rules, &current);
  AddFigure("change/one of 100,000, median", "ms", took[took.size() / 2], 5);
  AddFigure("change/one of 100,000, slowest of 512", "ms", took.back(), 0);
  current = RuleSet::Build(rules);
  const double before = MatchRate(current, events);
  AddFigure("change/matching before", "events/s", before, 0);
  for (size_t count : {1, 256}) AddOverlay(rules, *current, events, count);
  std::atomic<bool> stop = false;
  Thread changing("changing", [&] {
    for (size_t i = 0; !stop; ++i) {
      const std::vector<RuleEntry> put = {
          {rules.size() + 1 + i % 128, rules[i * 7 % 1024].pattern}};
      std::atomic_store(&current, std::atomic_load(&current)->With(put));
      std::this_thread::sleep_for(Seconds(1.0 / kChangesPerSecond));
    }
  });
  const double meanwhile = MatchRate(current, events);
  stop = true;
  changing.Join();
  AddFigure("change/matching during 100 changes a second, time of an event to before", "ratio",
            before / meanwhile, 1.1);
}

}  // namespace pavane::bench
