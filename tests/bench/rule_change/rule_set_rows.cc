#include "tests/bench/rule_change/rule_set_rows.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "event/json.h"
#include "rules/pattern.h"
#include "rules/rule_set.h"
#include "tests/bench/rule_change/broker.h"

namespace pavane::bench {
namespace {

constexpr int kRounds = 7;
constexpr int kPasses = 6;  // over the events, in a round

class Views {
 public:
  explicit Views(const std::vector<std::string>& events) : padded_(events) {
    for (size_t i = 0; i < events.size(); ++i) {
      padded_[i].append(event::kJsonPadding, ' ');
      const auto shape = event::ValidateJson(events[i]);
      CHECK_OK(shape);
      views_.push_back(event::EventView::FromJson(
          absl::string_view(padded_[i]).substr(0, events[i].size()), shape->distinct_paths));
    }
  }

  double Rate(const rules::RuleSet& set) const {
    std::vector<rules::RuleId> matched;
    const double start = Now();
    for (int pass = 0; pass < kPasses; ++pass) {
      for (const event::EventView& view : views_) CHECK_OK(set.Match(view, &matched));
    }
    return static_cast<double>(kPasses * views_.size()) / (Now() - start);
  }

 private:
  std::vector<std::string> padded_;
  std::vector<event::EventView> views_;
};

std::vector<rules::RuleEntry> Parse(const std::vector<std::string>& patterns) {
  std::vector<rules::RuleEntry> rules;
  for (const std::string& text : patterns) {
    const auto pattern = rules::Pattern::Parse(text);
    CHECK_OK(pattern) << text;
    rules.push_back({rules.size() + 1, *pattern});
  }
  return rules;
}

}  // namespace

void AddRuleSetRows(const std::vector<std::string>& patterns,
                    const std::vector<std::string>& events, Rows* rows) {
  const Views views(events);
  const std::vector<rules::RuleEntry> rules = Parse(patterns);
  const auto base = rules::RuleSet::Build(rules);
  for (const size_t changed : {size_t{1}, size_t{100}}) {
    std::vector<rules::RuleEntry> put(rules.begin(),
                                      rules.begin() + std::min(changed, rules.size()));
    for (rules::RuleEntry& rule : put) rule.id += rules.size();
    const double start = Now();
    const auto set = base->With(put);
    const double took = Now() - start;
    std::vector<double> ratios;
    for (int round = 0; round < kRounds; ++round) {
      const double quiet = views.Rate(*base);
      ratios.push_back(views.Rate(*set) / quiet);
    }
    const std::string name = absl::StrCat("change/", rules.size(), "/", changed, " changed");
    rows->Add(name + ", matching, of it", Quantile(ratios, 0.5), "ratio", 0.9,
              Rows::Better::kLarger);
    rows->Add(name + ", swap", took * 1000, "ms");
  }
}

}  // namespace pavane::bench
