// The matcher against the reference interpreter, on random rule sets and events; and explanations
// against the interpreter, on one rule of each set.
//
//   rules_differential_test [--count=PAIRS] [--seed=N]
//
// A pair is one rule set and one event. The seed of a set that they disagree about is printed; with
// it and --count=1 the set comes first again.
#include <cstdio>
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
#include "tests/unit/rules/explain_tree.h"
#include "tests/unit/rules/random_rules.h"

namespace pavane::rules::testing {
namespace {

uint64_t count_flag = 40'000;
uint64_t seed_flag = 1;

constexpr int kEventsPerSet = 16;

// How much there was to disagree about.
uint64_t matches_seen = 0;
uint64_t too_complex_seen = 0;

class Differential {
 public:
  explicit Differential(uint64_t seed) : seed_(seed), random_(seed) {
    static constexpr uint32_t kSizes[] = {1, 3, 5, 20, 60, 200};
    const uint32_t size = kSizes[random_.Below(6)];
    while (rules_.size() < size) {
      const auto pattern = Pattern::Parse(random_.Pattern());
      if (!pattern.ok()) continue;
      rules_.push_back({random_.Below(1000), *pattern});
      for (const PatternField& field : (*pattern)->fields()) paths_.insert(field.path);
    }
    options_.steps_max = random_.OneIn(3) ? random_.Below(60) : 1'000'000;
    matcher_ = Matcher::Build(rules_, options_);
  }

  /// False, and a failure reported, if they disagree about one of the events.
  bool Run() {
    for (int i = 0; i < kEventsPerSet; ++i) {
      RandomEvent event;
      random_.MakeEvent(&event);
      if (!Agree(event, event.root) || !Agree(event, event.members)) return false;
      if (i % 4 == 0 && !Explained(event, i % 8 == 0 ? event.root : event.members)) return false;
    }
    return true;
  }

 private:
  // Explanations cost much more than matching: one rule of a set, for some events.
  bool Explained(const RandomEvent& event, const event::EventView& view) {
    const RuleEntry& rule = rules_[random_.Below(static_cast<uint32_t>(rules_.size()))];
    const std::string fault = ExplanationFault(*rule.pattern, view, options_);
    if (fault.empty()) return true;
    ADD_FAILURE() << "seed " << seed_ << ": " << fault << "\nevent   " << event.json << "\npattern "
                  << rule.pattern->text();
    return false;
  }

  bool Agree(const RandomEvent& event, const event::EventView& view) {
    const FlatEvent flat(view, paths_);
    std::set<RuleId> expected;
    std::set<RuleId> too_complex;
    for (const RuleEntry& rule : rules_) {
      const absl::StatusOr<bool> matches = Interpret(*rule.pattern, flat, options_);
      if (!matches.ok()) {
        too_complex.insert(rule.id);
      } else if (*matches) {
        expected.insert(rule.id);
      }
    }
    for (RuleId id : expected) too_complex.erase(id);
    matches_seen += expected.size();
    too_complex_seen += too_complex.empty() ? 0 : 1;
    std::vector<RuleId> matched;
    const absl::Status status = matcher_->Match(view, &matched);
    if (!too_complex.empty()) {
      if (absl::IsResourceExhausted(status) && matched.empty()) return true;
      ADD_FAILURE() << "seed " << seed_ << ": the matcher finds nothing too complex\n"
                    << event.json;
      return false;
    }
    const std::vector<RuleId> wanted(expected.begin(), expected.end());
    if (status.ok() && matched == wanted) return true;
    ADD_FAILURE() << "seed " << seed_ << (&view == &event.root ? " root " : " members ")
                  << status.ToString() << "\nevent   " << event.json << "\nmatcher "
                  << absl::StrJoin(matched, " ") << "\nwanted  " << absl::StrJoin(wanted, " ")
                  << Patterns(matched, wanted);
    return false;
  }

  // The patterns that they disagree about.
  std::string Patterns(const std::vector<RuleId>& matched, const std::vector<RuleId>& wanted) {
    std::vector<RuleId> odd;
    std::set_symmetric_difference(matched.begin(), matched.end(), wanted.begin(), wanted.end(),
                                  std::back_inserter(odd));
    std::string out;
    for (const RuleEntry& rule : rules_) {
      if (std::find(odd.begin(), odd.end(), rule.id) == odd.end()) continue;
      absl::StrAppend(&out, "\n", rule.id, " ", rule.pattern->text());
    }
    return out;
  }

  const uint64_t seed_;
  RandomRules random_;
  std::vector<RuleEntry> rules_;
  absl::flat_hash_set<std::string> paths_;
  MatcherOptions options_;
  std::shared_ptr<const Matcher> matcher_;
};

TEST(MatcherDifferential, AgreesWithTheReferenceInterpreterOnRandomRuleSetsAndEvents) {
  std::printf("seed %llu, %llu pairs\n", static_cast<unsigned long long>(seed_flag),
              static_cast<unsigned long long>(count_flag));
  int failures = 0;
  uint64_t pairs = 0;
  for (uint64_t seed = seed_flag; pairs < count_flag && failures < 5;
       ++seed, pairs += 2 * kEventsPerSet) {
    failures += Differential(seed).Run() ? 0 : 1;
  }
  std::printf("%llu pairs done, %llu matches, %llu pairs too complex\n",
              static_cast<unsigned long long>(pairs), static_cast<unsigned long long>(matches_seen),
              static_cast<unsigned long long>(too_complex_seen));
  EXPECT_GT(matches_seen, pairs / 10) << "the events hardly match anything";
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
