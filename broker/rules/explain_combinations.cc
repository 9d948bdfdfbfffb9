#include "rules/explain_combinations.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "rules/json_string.h"

namespace pavane::rules {
namespace {

using Kind = PatternNode::Kind;

// Goes through the tree as the parser did.
class Walk {
 public:
  explicit Walk(const Pattern& pattern) : fields_(pattern.fields()), drafts_(1) {
    Visit(pattern.root());
  }

  std::vector<Combination> Take() {
    // Paths compared once, not once for each way.
    std::vector<uint32_t> order(fields_.size());
    for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](uint32_t a, uint32_t b) { return Utf16Less(fields_[a].path, fields_[b].path); });
    std::vector<uint32_t> place(fields_.size());
    for (uint32_t i = 0; i < order.size(); ++i) place[order[i]] = i;
    std::vector<Combination> combinations;
    for (Draft& draft : drafts_) {
      Combination& combination = combinations.emplace_back();
      combination.branches = std::move(draft.branches);
      for (const auto& [path, field] : draft.fields) combination.fields.push_back(field);
      std::sort(combination.fields.begin(), combination.fields.end(),
                [&](uint32_t a, uint32_t b) { return place[a] < place[b]; });
    }
    return combinations;
  }

 private:
  struct Draft {
    absl::flat_hash_map<const PatternNode*, size_t> branches;
    absl::flat_hash_map<std::string, uint32_t> fields;  // by path
  };

  void Visit(const PatternNode& node) {
    switch (node.kind) {
      case Kind::kField:
        for (Draft& draft : drafts_) draft.fields[fields_[node.field].path] = node.field;
        break;
      case Kind::kAll:
        for (const PatternNode& child : node.children) Visit(child);
        break;
      case Kind::kOr: {
        const std::vector<Draft> before = std::move(drafts_);
        std::vector<Draft> after;
        for (size_t i = 0; i < node.children.size(); ++i) {
          drafts_ = before;
          for (Draft& draft : drafts_) draft.branches[&node] = i;
          Visit(node.children[i]);
          std::move(drafts_.begin(), drafts_.end(), std::back_inserter(after));
        }
        drafts_ = std::move(after);
        break;
      }
    }
  }

  const std::vector<PatternField>& fields_;
  std::vector<Draft> drafts_;
};

void FieldsOnTheWay(const PatternNode& node, const Combination& combination,
                    std::vector<uint32_t>* fields) {
  if (node.kind == Kind::kField) {
    fields->push_back(node.field);
  } else if (node.kind == Kind::kOr) {
    FieldsOnTheWay(node.children[combination.branches.at(&node)], combination, fields);
  } else {
    for (const PatternNode& child : node.children) FieldsOnTheWay(child, combination, fields);
  }
}

}  // namespace

Combinations::Combinations(const Pattern& pattern) : all_(Walk(pattern).Take()) {
  for (const Combination& combination : all_) {
    in_force_.insert(combination.fields.begin(), combination.fields.end());
  }
  FindReplaced(pattern);
}

void Combinations::FindReplaced(const Pattern& pattern) {
  for (const Combination& combination : all_) {
    const absl::flat_hash_set<uint32_t> here(combination.fields.begin(), combination.fields.end());
    std::vector<uint32_t> fields;
    FieldsOnTheWay(pattern.root(), combination, &fields);
    replaced_sometimes_ =
        replaced_sometimes_ || std::any_of(fields.begin(), fields.end(), [&](uint32_t field) {
          return !here.contains(field) && in_force_.contains(field);
        });
  }
}

}  // namespace pavane::rules
