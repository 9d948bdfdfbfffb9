#include "rules/rule_index.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"

namespace pavane::rules {
namespace {

using Op = CompiledTest::Op;

// So few conjunctions are entries at once.
constexpr size_t kEntriesMin = 4;
// A field of several exact values puts its conjunction into as many children. At the first node any
// number will do, since the pattern's length bounds it; below, products are kept under this.
constexpr size_t kCopiesMax = 64;

// How little a test is likely to let through; smaller is better to look at first.
int Rank(const CompiledTest& test) {
  switch (test.op) {
    case Op::kRange:
      return test.range.low > -1e308 && test.range.high < 1e308 ? 100 : 120;
    case Op::kPrefix:
    case Op::kSuffix:
    case Op::kFoldPrefix:
    case Op::kFoldSuffix:
      return test.affix.size == 0 ? 140 : 60 - static_cast<int>(std::min(test.affix.size, 16u));
    case Op::kWildcard:
      return test.affix.size == 0 ? 110 : 70 - static_cast<int>(std::min(test.affix.size, 16u));
    default:
      return 10 * static_cast<int>(test.op);
  }
}

}  // namespace

class RuleIndexBuilder {
 public:
  RuleIndexBuilder(absl::Span<const uint32_t> checks, const TestPool& pool,
                   const TextDictionary& dictionary)
      : checks_(checks), pool_(pool), dictionary_(dictionary), counts_(dictionary.size()) {}

  RuleIndex Build(absl::Span<const CompiledConjunction> conjunctions) {
    std::vector<Item> items(conjunctions.size());
    for (uint32_t i = 0; i < conjunctions.size(); ++i) {
      items[i].conjunction = i;
      const auto first = checks_.begin() + conjunctions[i].first_check;
      items[i].remaining.assign(first, first + conjunctions[i].check_count);
    }
    BuildNode(std::move(items));
    FillChildren();
    index_.entries.shrink_to_fit();
    index_.runs.shrink_to_fit();
    index_.nodes.shrink_to_fit();
    index_.slots.shrink_to_fit();
    index_.residuals.shrink_to_fit();
    return std::move(index_);
  }

 private:
  struct Item {
    uint32_t conjunction = 0;
    uint32_t copies = 1;                         // of the conjunction, made on the way here
    absl::InlinedVector<uint32_t, 4> remaining;  // checks
  };

  uint32_t BuildNode(std::vector<Item> items) {
    const uint32_t number = static_cast<uint32_t>(index_.nodes.size());
    index_.nodes.emplace_back();
    if (items.size() <= kEntriesMin) {
      AddEntries(number, items);
      return number;
    }
    std::vector<Item> rest;
    absl::flat_hash_map<uint32_t, std::vector<Item>> groups;
    Part(std::move(items), &groups, &rest);
    AddEntries(number, rest);
    rest = {};
    std::vector<uint32_t> ids;
    std::vector<uint32_t> slots;
    for (const auto& [id, group] : groups) ids.push_back(id);
    std::sort(ids.begin(), ids.end());  // so that a matcher depends on its rules only
    for (uint32_t id : ids) {
      slots.push_back(id_slots_[id]);
      std::vector<Item> group = std::move(groups[id]);
      const uint32_t child = BuildNode(std::move(group));
      children_.emplace_back(uint64_t{number} << 32 | id, child);
    }
    std::sort(slots.begin(), slots.end());
    slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
    index_.nodes[number].first_slot = static_cast<uint32_t>(index_.slots.size());
    index_.nodes[number].slot_count = static_cast<uint32_t>(slots.size());
    index_.slots.insert(index_.slots.end(), slots.begin(), slots.end());
    return number;
  }

  // Gives each item to the groups of its rarest exact field.
  void Part(std::vector<Item> items, absl::flat_hash_map<uint32_t, std::vector<Item>>* groups,
            std::vector<Item>* rest) {
    std::vector<uint32_t> counted;
    for (const Item& item : items) {
      for (uint32_t check : item.remaining) {
        for (uint32_t id : IdsOf(check)) {
          if (counts_[id]++ == 0) counted.push_back(id);
        }
      }
    }
    std::vector<size_t> choices;
    for (const Item& item : items) choices.push_back(Choose(item));
    for (uint32_t id : counted) counts_[id] = 0;
    for (size_t i = 0; i < items.size(); ++i) {
      Item& item = items[i];
      if (choices[i] == item.remaining.size()) {
        rest->push_back(std::move(item));
        continue;
      }
      const uint32_t check = item.remaining[choices[i]];
      item.remaining.erase(item.remaining.begin() + choices[i]);
      const std::vector<uint32_t>& ids = IdsOf(check);
      item.copies *= static_cast<uint32_t>(ids.size());
      for (uint32_t id : ids) (*groups)[id].push_back(item);
    }
  }

  // The place in `remaining` of the check to part by; its size if there is none.
  size_t Choose(const Item& item) {
    size_t best = item.remaining.size();
    uint64_t best_count = UINT64_MAX;
    for (size_t i = 0; i < item.remaining.size(); ++i) {
      const std::vector<uint32_t>& ids = IdsOf(item.remaining[i]);
      if (ids.empty() || (item.copies > 1 && item.copies * ids.size() > kCopiesMax)) continue;
      uint64_t count = 0;
      for (uint32_t id : ids) count += counts_[id];
      if (count < best_count) {
        best = i;
        best_count = count;
      }
    }
    return best;
  }

  const std::vector<uint32_t>& IdsOf(uint32_t check) {
    if (ids_.empty()) {
      ids_.resize(pool_.check_count());
      id_slots_.resize(dictionary_.size());
      for (uint32_t c = 0; c < pool_.check_count(); ++c) {
        if (!pool_.check(c).equality) continue;
        ids_[c] = pool_.IdsOf(pool_.check(c), dictionary_);
        for (uint32_t id : ids_[c]) id_slots_[id] = pool_.check(c).slot;
      }
    }
    return ids_[check];
  }

  void AddEntries(uint32_t number, const std::vector<Item>& items) {
    const size_t first = index_.entries.size();
    for (const Item& item : items) AddEntry(item);
    const auto less = [](const IndexEntry& a, const IndexEntry& b) {
      return std::make_pair(a.test.op, a.test.slot) < std::make_pair(b.test.op, b.test.slot);
    };
    std::stable_sort(index_.entries.begin() + first, index_.entries.end(), less);
    index_.nodes[number].first_run = static_cast<uint32_t>(index_.runs.size());
    for (size_t i = first; i < index_.entries.size(); ++i) {
      const CompiledTest& test = index_.entries[i].test;
      if (i == first || less(index_.entries[i - 1], index_.entries[i])) {
        index_.runs.push_back({test.op, test.slot, static_cast<uint32_t>(i), 0});
      }
      index_.runs.back().last_entry = static_cast<uint32_t>(i + 1);
    }
    index_.nodes[number].run_count =
        static_cast<uint32_t>(index_.runs.size()) - index_.nodes[number].first_run;
  }

  void AddEntry(const Item& item) {
    IndexEntry entry;
    entry.conjunction = item.conjunction;
    entry.first_residual = static_cast<uint32_t>(index_.residuals.size());
    size_t access = item.remaining.size();
    int best = INT32_MAX;
    for (size_t i = 0; i < item.remaining.size(); ++i) {
      const int rank = RankOf(pool_.check(item.remaining[i]));
      if (rank < best) {
        best = rank;
        access = i;
      }
    }
    for (size_t i = 0; i < item.remaining.size(); ++i) {
      if (i != access) index_.residuals.push_back(item.remaining[i]);
    }
    entry.residual_count = static_cast<uint32_t>(index_.residuals.size()) - entry.first_residual;
    if (access != item.remaining.size()) entry.test = AccessTest(item.remaining[access]);
    index_.entries.push_back(entry);
  }

  int RankOf(const CompiledCheck& check) const {
    if (check.may_be_absent) return 1000;
    if (check.test_count != 1) return 130;
    return Rank(pool_.test(check.first_test));
  }

  CompiledTest AccessTest(uint32_t number) const {
    const CompiledCheck& check = pool_.check(number);
    if (!check.may_be_absent && check.test_count == 1) return pool_.test(check.first_test);
    CompiledTest test;
    test.op = Op::kCheck;
    test.slot = check.slot;
    test.index = number;
    return test;
  }

  void FillChildren() {
    if (children_.empty()) return;
    index_.children_.resize(std::bit_ceil(children_.size() * 2));
    const uint64_t mask = index_.children_.size() - 1;
    for (const auto& [key, node] : children_) {
      uint64_t place = RuleIndex::Hash(key) & mask;
      while (index_.children_[place].node != RuleIndex::kNone) place = (place + 1) & mask;
      index_.children_[place] = {key, node};
    }
  }

  const absl::Span<const uint32_t> checks_;
  const TestPool& pool_;
  const TextDictionary& dictionary_;
  RuleIndex index_;
  std::vector<std::pair<uint64_t, uint32_t>> children_;
  std::vector<std::vector<uint32_t>> ids_;  // of each check that is an equality
  std::vector<uint32_t> id_slots_;
  std::vector<uint32_t> counts_;  // of each id, among the items being parted; zero in between
};

size_t RuleIndex::MemoryBytes() const {
  return nodes.capacity() * sizeof(IndexNode) + slots.capacity() * sizeof(uint32_t) +
         runs.capacity() * sizeof(IndexRun) + entries.capacity() * sizeof(IndexEntry) +
         residuals.capacity() * sizeof(uint32_t) + children_.capacity() * sizeof(ChildEntry);
}

RuleIndex BuildRuleIndex(absl::Span<const CompiledConjunction> conjunctions,
                         absl::Span<const uint32_t> checks, const TestPool& pool,
                         const TextDictionary& dictionary) {
  return RuleIndexBuilder(checks, pool, dictionary).Build(conjunctions);
}

}  // namespace pavane::rules
