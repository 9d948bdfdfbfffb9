// The matcher against the reference interpreter, on random rule sets and events.
//
//   rules_differential_test [--count=PAIRS] [--seed=N]
//
// A pair is one rule set and one event. Every set is asked as a base alone, then through an overlay
// of added, replaced and removed rules, and some of them after the base was rebuilt beneath it.
// Prints progress every 100,000 pairs and a result line. The seed of a set that the two disagree
// about is printed; with it and --count=1 the set comes first again.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include <gtest/gtest.h>

#include "rules/flat_event.h"
#include "rules/matcher.h"
#include "rules/pattern.h"
#include "rules/reference_interpreter.h"
#include "rules/rule_set.h"
#include "tests/unit/rules/coverage.h"
#include "tests/unit/rules/explain_tree.h"
#include "tests/unit/rules/random_rules.h"

namespace pavane::rules::testing {
namespace {

uint64_t count_flag = 40'000;
uint64_t seed_flag = 1;

constexpr int kEventsPerPhase = 8;
constexpr uint64_t kProgressEvery = 100'000;

// How much there was to disagree about.
struct Totals {
  uint64_t pairs = 0;
  uint64_t matches = 0;
  uint64_t too_complex = 0;
  Coverage coverage;
};

using Patterns = std::map<RuleId, std::shared_ptr<const Pattern>>;

/// One random rule set through its changes, and the events it is shown meanwhile.
class Differential {
 public:
  Differential(uint64_t seed, Totals* totals) : seed_(seed), totals_(*totals), random_(seed) {
    static constexpr uint32_t kSizes[] = {1, 3, 5, 20, 60, 200};
    size_ = kSizes[random_.Below(6)];
    options_.steps_max = random_.OneIn(3) ? random_.Below(60) : 1'000'000;
    while (rules_.size() < size_) rules_[random_.Below(1000)] = RandomPattern();
    set_ = RuleSet::Build(Entries(rules_), options_);
  }

  /// False, and a failure reported, if they disagree about one of the events.
  bool Run() {
    if (!ShowEvents()) return false;
    Change();
    if (random_.OneIn(3)) {
      const std::shared_ptr<const RuleSet> rebuilt = set_->Rebuilt();
      if (random_.OneIn(2)) Change();
      // Null where the set has become a small one, which has a base of its own.
      if (auto rebased = set_->Rebased(*rebuilt)) {
        set_ = std::move(rebased);
        totals_.coverage.See("base rebuilt");
      }
    }
    return ShowEvents();
  }

 private:
  std::shared_ptr<const Pattern> RandomPattern() {
    while (true) {
      const auto pattern = Pattern::Parse(random_.Pattern());
      if (!pattern.ok()) continue;
      totals_.coverage.SeePattern(**pattern);
      for (const PatternField& field : (*pattern)->fields()) paths_.insert(field.path);
      return *pattern;
    }
  }

  static std::vector<RuleEntry> Entries(const Patterns& rules) {
    std::vector<RuleEntry> entries;
    for (const auto& [id, pattern] : rules) entries.push_back({id, pattern});
    return entries;
  }

  RuleId RandomId() {
    if (rules_.empty() || random_.OneIn(3)) return random_.Below(1000);
    return std::next(rules_.begin(), random_.Below(static_cast<uint32_t>(rules_.size())))->first;
  }

  // Some calls of With, each putting and removing a few rules.
  void Change() {
    for (uint32_t call = 1 + random_.Below(3); call > 0; --call) {
      Patterns put;
      std::vector<RuleId> removed;
      for (uint32_t i = random_.Below(3); i > 0; --i) removed.push_back(RandomId());
      for (uint32_t i = random_.Below(4); i > 0; --i) put[RandomId()] = RandomPattern();
      for (RuleId id : removed) totals_.coverage.See(rules_.erase(id) ? "rule removed" : "");
      for (const auto& [id, pattern] : put) {
        totals_.coverage.See(rules_.contains(id) ? "rule replaced" : "rule added");
        rules_[id] = pattern;
      }
      set_ = set_->With(Entries(put), removed);
    }
  }

  bool ShowEvents() {
    for (int i = 0; i < kEventsPerPhase; ++i) {
      RandomEvent event;
      random_.MakeEvent(&event);
      if (!event.root.distinct_paths()) totals_.coverage.See("repeated or dotted name");
      if (!Agree(event, event.root) || !Agree(event, event.members)) return false;
      if (i % 4 == 0 && !Explained(event, i % 8 == 0 ? event.root : event.members)) return false;
      totals_.pairs += 2;
    }
    return true;
  }

  // Explanations cost much more than matching: one rule of a set, for some events.
  bool Explained(const RandomEvent& event, const event::EventView& view) {
    if (rules_.empty()) return true;
    const auto rule =
        std::next(rules_.begin(), random_.Below(static_cast<uint32_t>(rules_.size())));
    const std::string fault = ExplanationFault(*rule->second, view, options_);
    if (fault.empty()) return true;
    ADD_FAILURE() << "seed " << seed_ << ": " << fault << "\nevent   " << event.json << "\npattern "
                  << rule->second->text();
    return false;
  }

  bool Agree(const RandomEvent& event, const event::EventView& view) {
    const FlatEvent flat(view, paths_);
    std::vector<RuleId> wanted;
    bool too_complex = false;
    for (const auto& [id, pattern] : rules_) {
      const absl::StatusOr<bool> matches = Interpret(*pattern, flat, options_);
      too_complex |= !matches.ok();
      if (matches.ok() && *matches) wanted.push_back(id);
    }
    if (!rules_.empty() && random_.OneIn(16)) {
      totals_.coverage.SeeEvent(*rules_.begin()->second, flat);
    }
    totals_.matches += wanted.size();
    totals_.too_complex += too_complex;
    std::vector<RuleId> matched = {1};  // what was in it is dropped
    const absl::Status status = set_->Match(view, &matched);
    if (too_complex ? absl::IsResourceExhausted(status) && matched.empty()
                    : status.ok() && matched == wanted) {
      return true;
    }
    ADD_FAILURE() << "seed " << seed_ << (&view == &event.root ? " root " : " members ")
                  << (too_complex ? "should be too complex, " : "") << status.ToString()
                  << "\nevent   " << event.json << "\nmatcher " << absl::StrJoin(matched, " ")
                  << "\nwanted  " << absl::StrJoin(wanted, " ") << Odd(matched, wanted);
    return false;
  }

  // The patterns that they disagree about.
  std::string Odd(const std::vector<RuleId>& matched, const std::vector<RuleId>& wanted) {
    std::vector<RuleId> odd;
    std::set_symmetric_difference(matched.begin(), matched.end(), wanted.begin(), wanted.end(),
                                  std::back_inserter(odd));
    std::string out;
    for (RuleId id : odd) {
      const auto it = rules_.find(id);
      absl::StrAppend(&out, "\n", id, " ",
                      it == rules_.end() ? "is no rule" : it->second->text().c_str());
    }
    return out;
  }

  const uint64_t seed_;
  Totals& totals_;
  RandomRules random_;
  size_t size_ = 0;
  Patterns rules_;
  absl::flat_hash_set<std::string> paths_;
  MatcherOptions options_;
  std::shared_ptr<const RuleSet> set_;
};

void Print(const char* what, uint64_t next_seed, const Totals& totals, int failures) {
  static const auto start = std::chrono::steady_clock::now();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const auto number = [](uint64_t n) { return static_cast<unsigned long long>(n); };
  std::printf(
      "%s: %llu pairs, seeds %llu to %llu, %d differences, %llu matches, %llu too complex, "
      "%.0f s\n",
      what, number(totals.pairs), number(seed_flag), number(next_seed - 1), failures,
      number(totals.matches), number(totals.too_complex), took.count());
  std::fflush(stdout);
}

TEST(MatcherDifferential, AgreesWithTheReferenceInterpreterOnRandomRuleSetsAndEvents) {
  Totals totals;
  int failures = 0;
  uint64_t seed = seed_flag;
  Print("differential", seed + 1, totals, 0);
  for (uint64_t shown = 0; totals.pairs < count_flag && failures < 5; ++seed) {
    failures += Differential(seed, &totals).Run() ? 0 : 1;
    if (totals.pairs / kProgressEvery == shown) continue;
    shown = totals.pairs / kProgressEvery;
    Print("progress", seed + 1, totals, failures);
  }
  Print("result", seed, totals, failures);
  if (count_flag < 20'000) return;  // too few to have seen everything
  EXPECT_GT(totals.matches, totals.pairs / 10) << "the events hardly match anything";
  EXPECT_GT(totals.too_complex, 0u);
  EXPECT_EQ(totals.coverage.Missing(), "");
}

TEST(MatcherDifferential, TakesAnIdGivenTwiceForARuleThatMatchesWhenEitherPatternDoes) {
  RandomRules random(seed_flag);
  uint64_t matches = 0;
  for (int set = 0; set < 20; ++set) {
    std::vector<RuleEntry> rules;
    while (rules.size() < 40) {
      const auto pattern = Pattern::Parse(random.Pattern());
      if (pattern.ok()) rules.push_back({random.Below(10), *pattern});
    }
    const auto matcher = Matcher::Build(rules);
    for (int i = 0; i < kEventsPerPhase; ++i) {
      RandomEvent event;
      random.MakeEvent(&event);
      std::set<RuleId> wanted;
      for (const RuleEntry& rule : rules) {
        if (*Interpret(*rule.pattern, event.root)) wanted.insert(rule.id);
      }
      std::vector<RuleId> matched;
      ASSERT_TRUE(matcher->Match(event.root, &matched).ok()) << event.json;
      ASSERT_EQ(matched, std::vector<RuleId>(wanted.begin(), wanted.end())) << event.json;
      matches += wanted.size();
    }
  }
  EXPECT_GT(matches, 0u);
}

}  // namespace
}  // namespace pavane::rules::testing

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    uint64_t* flag =
        absl::ConsumePrefix(&argument, "--count=")  ? &pavane::rules::testing::count_flag
        : absl::ConsumePrefix(&argument, "--seed=") ? &pavane::rules::testing::seed_flag
                                                    : nullptr;
    if (flag == nullptr || !absl::SimpleAtoi(argument, flag)) {
      std::fprintf(stderr, "usage: %s [--count=PAIRS] [--seed=N]\n", argv[0]);
      return 2;
    }
  }
  return RUN_ALL_TESTS();
}
