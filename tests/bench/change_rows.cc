#include "tests/bench/change_rows.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>

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

}  // namespace

void AddChanges(const std::vector<RuleEntry>& rules, const Events& events) {
  std::shared_ptr<const RuleSet> current = RuleSet::Build(rules);
  const std::vector<double> took = Change(rules, &current);
  AddFigure("change/one of 100,000, median", "ms", took[took.size() / 2], 5);
  AddFigure("change/one of 100,000, slowest of 512", "ms", took.back(), 0);
  current = RuleSet::Build(rules);
  const double before = MatchRate(current, events);
  AddFigure("change/matching before", "events/s", before, 0);
  std::atomic<bool> stop = false;
  Thread changing("changing", [&] {
    while (!stop) Change(rules, &current);
  });
  const double meanwhile = MatchRate(current, events);
  stop = true;
  changing.Join();
  AddFigure("change/matching meanwhile, time of an event to before", "ratio", before / meanwhile,
            1.1);
}

}  // namespace pavane::bench
