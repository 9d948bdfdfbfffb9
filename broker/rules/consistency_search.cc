#include "rules/consistency_search.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"

namespace pavane::rules {

ConsistencySearch::Outcome ConsistencySearch::Run(std::vector<Field> fields) {
  if (std::any_of(fields.begin(), fields.end(), NeverHolds)) return Outcome::kNoMatch;
  if (OneInArrays(fields)) {
    const auto fails = [](const Field& field) {
      return field.passing.empty() && !field.all.empty();
    };
    return std::any_of(fields.begin(), fields.end(), fails) ? Outcome::kNoMatch : Outcome::kMatch;
  }
  for (Field& field : fields) {
    Level& level = levels_.emplace_back();
    level.passing = MakeTree(std::move(field.passing));
    level.may_be_absent = field.may_be_absent;
    if (field.may_be_absent) level.all = MakeTree(std::move(field.all));
  }
  return Judge(0);
}

// Nothing contradicts a value outside of arrays, so beside one a field is never absent. The matcher
// knows that before it searches; here it must cost no steps either.
bool ConsistencySearch::NeverHolds(const Field& field) {
  if (!field.passing.empty()) return false;
  return !field.may_be_absent ||
         std::find(field.all.begin(), field.all.end(), 0u) != field.all.end();
}

// With at most one field that has values inside arrays there is nothing to contradict; then a field
// is absent only if it has no value at all.
bool ConsistencySearch::OneInArrays(const std::vector<Field>& fields) {
  const auto in_array = [](uint32_t element) { return element != 0; };
  return std::count_if(fields.begin(), fields.end(), [&](const Field& field) {
           return std::any_of(field.passing.begin(), field.passing.end(), in_array) ||
                  std::any_of(field.all.begin(), field.all.end(), in_array);
         }) <= 1;
}

ConsistencySearch::Tree ConsistencySearch::MakeTree(std::vector<uint32_t> values) const {
  Tree tree;
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  absl::flat_hash_set<uint32_t> reached;
  for (uint32_t element : values) {
    while (element != 0 && reached.insert(element).second) {
      const ArrayElement& e = elements_[element];
      tree.edges.emplace_back(e.parent, e.array, element);
      element = e.parent;
    }
  }
  std::sort(tree.edges.begin(), tree.edges.end());
  tree.values = std::move(values);
  return tree;
}

bool ConsistencySearch::FindAgreeing(const Tree& tree, size_t limit, std::vector<uint32_t>* found) {
  if (tree.values.empty()) return true;
  std::vector<uint32_t> open = {0};
  while (!open.empty()) {
    if (++steps_ > steps_max_) return false;
    const uint32_t element = open.back();
    open.pop_back();
    if (std::binary_search(tree.values.begin(), tree.values.end(), element)) {
      found->push_back(element);
      if (found->size() == limit) return true;
    }
    const size_t first_open = open.size();
    auto edge =
        std::lower_bound(tree.edges.begin(), tree.edges.end(), std::make_tuple(element, 0u, 0u));
    while (edge != tree.edges.end() && std::get<0>(*edge) == element) {
      const uint32_t array = std::get<1>(*edge);
      const auto end =
          std::upper_bound(edge, tree.edges.end(), std::make_tuple(element, array, UINT32_MAX));
      const auto bound = bound_.find(array);
      if (bound == bound_.end()) {
        for (; edge != end; ++edge) open.push_back(std::get<2>(*edge));
      } else if (std::binary_search(edge, end, std::make_tuple(element, array, bound->second))) {
        open.push_back(bound->second);
      }
      edge = end;
    }
    std::reverse(open.begin() + first_open, open.end());
  }
  return true;
}

ConsistencySearch::Outcome ConsistencySearch::Judge(size_t level) {
  if (level == levels_.size()) return Outcome::kMatch;
  std::vector<uint32_t> found;
  if (!FindAgreeing(levels_[level].passing, SIZE_MAX, &found)) return Outcome::kTooComplex;
  for (uint32_t element : found) {
    const Outcome outcome = Choose(level, element);
    if (outcome != Outcome::kNoMatch) return outcome;
  }
  if (!levels_[level].may_be_absent) return Outcome::kNoMatch;
  found.clear();
  if (!FindAgreeing(levels_[level].all, 1, &found)) return Outcome::kTooComplex;
  return found.empty() ? Judge(level + 1) : Outcome::kNoMatch;
}

ConsistencySearch::Outcome ConsistencySearch::Choose(size_t level, uint32_t element) {
  if (++steps_ > steps_max_) return Outcome::kTooComplex;
  // Bound arrays come with all those around them, so the first one met ends the way up.
  std::vector<uint32_t> newly_bound;
  for (; element != 0; element = elements_[element].parent) {
    const uint32_t array = elements_[element].array;
    if (!bound_.try_emplace(array, element).second) break;
    newly_bound.push_back(array);
  }
  const Outcome outcome = Judge(level + 1);
  for (uint32_t array : newly_bound) bound_.erase(array);
  return outcome;
}

}  // namespace pavane::rules
