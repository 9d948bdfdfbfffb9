#include "rules/explain.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/status_macros.h"
#include "rules/consistency_search.h"
#include "rules/explain_combinations.h"
#include "rules/explain_elements.h"
#include "rules/explain_field.h"
#include "rules/flat_event.h"

namespace pavane::rules {
namespace {

using Kind = ExplainedNode::Kind;
using Outcome = ConsistencySearch::Outcome;
using Verdict = Explanation::Verdict;

class Explainer {
 public:
  Explainer(const Pattern& pattern, const FlatEvent& event, std::vector<JudgedField> judged,
            const ExplainOptions& options)
      : pattern_(pattern),
        event_(event),
        judged_(std::move(judged)),
        options_(options),
        share_(options.matcher.steps_max / pattern.conjunctions().size()),
        combinations_(pattern) {}

  Explanation Explain() {
    Explanation explanation;
    explanation.conjunctions = pattern_.conjunctions().size();
    for (const Conjunction& conjunction : pattern_.conjunctions()) {
      outcomes_[conjunction] = Search(conjunction);
    }
    explanation.verdict = VerdictOf();
    explanation.multiplied_out = combinations_.ReplacedSometimes();
    explanation.root = explanation.multiplied_out ? ExplainConjunctions() : ExplainTree();
    return explanation;
  }

 private:
  // Exactly what Interpret does, so that both spend the same steps.
  Outcome Search(const Conjunction& conjunction) const {
    std::vector<ConsistencySearch::Field> fields;
    for (const uint32_t field : conjunction) fields.push_back(judged_[field].search);
    ConsistencySearch search(event_.elements(), share_);
    return search.Run(std::move(fields));
  }

  Verdict VerdictOf() const {
    Verdict verdict = Verdict::kDoesNotMatch;
    for (const auto& [conjunction, outcome] : outcomes_) {
      if (outcome == Outcome::kMatch) return Verdict::kMatches;
      if (outcome == Outcome::kTooComplex) verdict = Verdict::kTooComplex;
    }
    return verdict;
  }

  size_t Failures(const Conjunction& conjunction) const {
    return std::count_if(conjunction.begin(), conjunction.end(),
                         [&](uint32_t field) { return !judged_[field].PassesAlone(); });
  }

  // Order of nearness: matching, too complex, then by failing fields.
  std::pair<int, size_t> Distance(const Conjunction& conjunction) const {
    switch (outcomes_.at(conjunction)) {
      case Outcome::kMatch:
        return {0, 0};
      case Outcome::kTooComplex:
        return {1, 0};
      case Outcome::kNoMatch:
        break;
    }
    return {2, Failures(conjunction)};
  }

  ExplainedNode ExplainTree() {
    const auto nearest = std::min_element(combinations_.all().begin(), combinations_.all().end(),
                                          [&](const Combination& a, const Combination& b) {
                                            return Distance(a.fields) < Distance(b.fields);
                                          });
    // In a match all fields of the nearest conjunction pass.
    if (outcomes_.at(nearest->fields) == Outcome::kMatch) {
      matched_.insert(nearest->fields.begin(), nearest->fields.end());
    }
    ExplainedNode root = ExplainNode(pattern_.root(), "");
    AddElements(nearest->fields, &root);
    return root;
  }

  ExplainedNode ExplainNode(const PatternNode& node, const std::string& above) {
    if (node.kind == PatternNode::Kind::kField) return ExplainField(node.field);
    ExplainedNode explained;
    explained.offset = node.offset;
    explained.kind = node.kind == PatternNode::Kind::kOr ? Kind::kAny : Kind::kAll;
    // `$or` and its branches add no step.
    const bool step = node.kind == PatternNode::Kind::kAll && &node != &pattern_.root() && named_;
    const std::string path = !step ? above : top_ ? node.name : absl::StrCat(above, ".", node.name);
    explained.path = Printable(path);
    const bool was_top = top_;
    if (step) top_ = false;
    for (const PatternNode& child : node.children) {
      named_ = node.kind == PatternNode::Kind::kAll;
      explained.children.push_back(ExplainNode(child, path));
    }
    top_ = was_top;
    explained.passed = PassesByChildren(explained);
    return explained;
  }

  static bool PassesByChildren(const ExplainedNode& node) {
    const auto passed = [](const ExplainedNode& child) { return child.passed; };
    const auto passed_or_replaced = [](const ExplainedNode& child) {
      return child.passed || child.replaced;
    };
    return node.kind == Kind::kAny
               ? std::any_of(node.children.begin(), node.children.end(), passed)
               : std::all_of(node.children.begin(), node.children.end(), passed_or_replaced);
  }

  ExplainedNode ExplainField(uint32_t number) {
    const PatternField& field = pattern_.fields()[number];
    const JudgedField& judged = judged_[number];
    ExplainedNode node;
    node.kind = Kind::kField;
    node.offset = field.offset;
    node.path = Printable(field.path);
    node.replaced = combinations_.ReplacedAlways(number);
    node.passed = !node.replaced && (judged.PassesAlone() || matched_.contains(number));
    ShowValues(event_.At(field.path), &node);
    for (size_t i = 0; i < field.tests.size(); ++i) {
      node.children.push_back(ExplainTest(field, judged, i, node.passed));
    }
    if (node.passed || node.replaced) return node;
    for (const ExplainedNode& test : node.children) node.miss = Nearer(node.miss, test.miss);
    return node;
  }

  ExplainedNode ExplainTest(const PatternField& field, const JudgedField& judged, size_t index,
                            bool field_passed) const {
    const ValueTest& test = field.tests[index];
    ExplainedNode node;
    node.kind = Kind::kTest;
    node.offset = test.offset;
    node.path = Printable(field.path);
    node.test = pattern_.text().substr(test.offset, test.length);
    node.passed = judged.tests[index];
    if (test.kind == ValueTest::Kind::kExists && !test.exists) {
      node.passed = judged.search.all.empty() || (field_passed && judged.search.passing.empty());
    }
    if (!node.passed) {
      node.miss = NearestMiss(test, event_.At(field.path), event_.StructureAt(field.path));
    }
    return node;
  }

  void ShowValues(const std::vector<FlatEvent::Value>& values, ExplainedNode* node) {
    node->values_total = values.size();
    for (const FlatEvent::Value& value : values) {
      if (node->values.size() == options_.values_max) break;
      std::string shown = ShowValue(value, options_.value_bytes_max);
      if (shown_bytes_ + shown.size() > options_.values_bytes_max) break;
      shown_bytes_ += shown.size();
      node->values.push_back(std::move(shown));
    }
  }

  // Says that fields which pass one by one do not do so together, if that is so.
  void AddElements(const Conjunction& conjunction, ExplainedNode* root) const {
    const Outcome outcome = outcomes_.at(conjunction);
    if (outcome == Outcome::kMatch) return;
    ExplainedNode node;
    node.kind = Kind::kSameElements;
    if (outcome == Outcome::kTooComplex) {
      node.miss = {Miss::kTooComplex, absl::StrCat("the arrays are too complex: more than ",
                                                   options_.matcher.steps_max, " steps")};
    } else {
      Conjunction passing;
      for (const uint32_t field : conjunction) {
        if (judged_[field].PassesAlone()) passing.push_back(field);
      }
      if (passing.size() < 2 || Search(passing) != Outcome::kNoMatch) return;
      ElementsMiss miss = ExplainElements(pattern_, event_, judged_, passing);
      node.path = Printable(std::move(miss.array));
      node.miss = std::move(miss.miss);
    }
    root->children.push_back(std::move(node));
    root->passed = false;
  }

  ExplainedNode ExplainConjunctions() {
    std::vector<Conjunction> nearest = pattern_.conjunctions();
    std::stable_sort(
        nearest.begin(), nearest.end(),
        [&](const Conjunction& a, const Conjunction& b) { return Distance(a) < Distance(b); });
    nearest.resize(std::min(nearest.size(), options_.conjunctions_max));
    ExplainedNode root;
    root.kind = Kind::kAny;
    root.offset = pattern_.root().offset;
    for (const Conjunction& conjunction : nearest) {
      matched_.clear();
      if (outcomes_.at(conjunction) == Outcome::kMatch) {
        matched_.insert(conjunction.begin(), conjunction.end());
      }
      ExplainedNode& all = root.children.emplace_back();
      all.offset = root.offset;
      for (const uint32_t field : conjunction) all.children.push_back(ExplainField(field));
      all.passed = PassesByChildren(all);
      AddElements(conjunction, &all);
    }
    root.passed = PassesByChildren(root);
    return root;
  }

  const Pattern& pattern_;
  const FlatEvent& event_;
  const std::vector<JudgedField> judged_;
  const ExplainOptions& options_;
  const uint64_t share_;
  const Combinations combinations_;
  std::map<Conjunction, Outcome> outcomes_;
  absl::flat_hash_set<uint32_t> matched_;  // fields that pass by taking part in a match
  size_t shown_bytes_ = 0;
  bool named_ = false;  // the node being explained has a name that is a step
  bool top_ = true;     // no step yet
};

}  // namespace

absl::StatusOr<Explanation> Explain(const Pattern& pattern, const event::EventView& event,
                                    const ExplainOptions& options) {
  const FlatEvent flat(event, pattern, FlatEvent::Detail::kNearby);
  ASSIGN_OR_RETURN(std::vector<JudgedField> judged,
                   JudgeFields(pattern, flat, options.judgements_max));
  return Explainer(pattern, flat, std::move(judged), options).Explain();
}

}  // namespace pavane::rules
