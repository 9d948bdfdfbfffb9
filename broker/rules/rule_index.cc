#include "rules/rule_index.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"

namespace pavane::rules {
namespace {

using Op = CompiledTest::Op;

// So few conjunctions are entries at once.
constexpr size_t kEntriesMin = 4;
// A field of several exact values puts its conjunction into as many children. At the first node
// many will do; below, products are kept under this.
constexpr size_t kCopiesMax = 64;
// Copies that all conjunctions of a rule may have together, so that a product of `$or` with a long
// list does not fill the memory. A conjunction that may have no more stays where it is.
constexpr size_t kRuleCopiesMax = 4096;

// How little a test is likely to let through; smaller is better to look at first.
int Rank(const CompiledTest& test) {
  switch (test.op) {
    case Op::kRange:
      return test.operand.range.low > -1e308 && test.operand.range.high < 1e308 ? 100 : 120;
    case Op::kPrefix:
    case Op::kSuffix:
    case Op::kFoldPrefix:
    case Op::kFoldSuffix:
      return test.operand.affix.size == 0
                 ? 140
                 : 60 - static_cast<int>(std::min(test.operand.affix.size, 16u));
    case Op::kWildcard:
      return test.operand.affix.size == 0
                 ? 110
                 : 70 - static_cast<int>(std::min(test.operand.affix.size, 16u));
    default:
      return 10 * static_cast<int>(test.op);
  }
}

}  // namespace

class RuleIndexBuilder {
 public:
  RuleIndexBuilder(absl::Span<const CompiledConjunction> conjunctions,
                   absl::Span<const uint32_t> checks, const TestPool& pool,
                   const TextDictionary& dictionary, const PathTrie& trie)
      : conjunctions_(conjunctions),
        checks_(checks),
        pool_(pool),
        dictionary_(dictionary),
        trie_(trie),
        counts_(dictionary.size()) {}

  RuleIndex Build() {
    std::vector<Item> items(conjunctions_.size());
    for (uint32_t i = 0; i < conjunctions_.size(); ++i) {
      items[i].conjunction = i;
      const auto first = checks_.begin() + conjunctions_[i].first_check;
      items[i].remaining.assign(first, first + conjunctions_[i].check_count);
    }
    BuildNode(std::move(items));
    FillChildren();
    FillHeads();
    index_.operands.resize(index_.operands.size() + RuleIndex::kLookahead);
    index_.entries.shrink_to_fit();
    index_.operands.shrink_to_fit();
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
    const bool few = items.size() <= kEntriesMin;
    if (few && !(number == RuleIndex::kRoot && AllHaveShallowIds(items))) {
      AddEntries(number, items);
      return number;
    }
    std::vector<Item> rest;
    absl::flat_hash_map<uint32_t, std::vector<Item>> groups;
    Part(std::move(items), &groups, &rest);
    AddEntries(number, rest);
    rest = {};
    std::vector<Child> children;
    for (auto& [id, group] : groups) children.push_back({id_slots_[id], id, 0});
    // So that a matcher depends on its rules only, and shallow slots come first.
    std::sort(children.begin(), children.end(), [this](const Child& a, const Child& b) {
      return std::make_tuple(trie_.slot_depth(a.slot) != 1, a.slot, a.id) <
             std::make_tuple(trie_.slot_depth(b.slot) != 1, b.slot, b.id);
    });
    for (Child& child : children) {
      std::vector<Item> group = std::move(groups[child.id]);
      child.node = BuildNode(std::move(group));
    }
    AddSlots(number, children);
    return number;
  }

  // Whether the top of an event tells for each item if it is worth reading the rest, which pays
  // however few they are: an overlay of one rule costs every event little.
  bool AllHaveShallowIds(const std::vector<Item>& items) {
    return !items.empty() && std::all_of(items.begin(), items.end(), [this](const Item& item) {
      return std::any_of(item.remaining.begin(), item.remaining.end(), [this](uint32_t check) {
        return IsShallow(check) && !IdsOf(check).empty();
      });
    });
  }
  bool IsShallow(uint32_t check) const { return trie_.slot_depth(pool_.check(check).slot) == 1; }

  struct Child {
    uint32_t slot;
    uint32_t id;
    uint32_t node;
  };

  void AddSlots(uint32_t number, const std::vector<Child>& children) {
    IndexNode& node = index_.nodes[number];
    node.first_slot = static_cast<uint32_t>(index_.slots.size());
    for (auto child = children.begin(); child != children.end();) {
      const uint32_t slot = child->slot;
      const auto end =
          std::find_if(child, children.end(), [slot](const Child& c) { return c.slot != slot; });
      ++node.slot_count;
      if (trie_.slot_depth(slot) == 1) ++node.shallow_count;
      index_.slots.push_back(
          AddChildren(number, slot, {&*child, static_cast<size_t>(end - child)}));
      child = end;
    }
  }

  // A table of all ids of the slot, unless that would be mostly empty.
  IndexSlot AddChildren(uint32_t number, uint32_t slot, absl::Span<const Child> children) {
    IndexSlot by;
    by.slot = slot;
    by.dense = dictionary_.id_count(slot) <= 8 * children.size();
    if (by.dense) {
      by.first_child = static_cast<uint32_t>(index_.dense_children.size());
      index_.dense_children.resize(by.first_child + dictionary_.id_count(slot), RuleIndex::kNone);
    }
    for (const Child& child : children) {
      if (by.dense) {
        index_.dense_children[by.first_child + child.id - dictionary_.first_id(slot)] = child.node;
      } else {
        children_.emplace_back(uint64_t{number} << 32 | child.id, child.node);
      }
    }
    return by;
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

  // The place in `remaining` of the check to part by, a shallow one among equals; its size if there
  // is none.
  size_t Choose(const Item& item) {
    size_t best = item.remaining.size();
    uint64_t best_count = UINT64_MAX;
    for (size_t i = 0; i < item.remaining.size(); ++i) {
      const std::vector<uint32_t>& ids = IdsOf(item.remaining[i]);
      if (ids.empty() || TooManyCopies(item, ids.size())) continue;
      uint64_t count = 0;
      for (uint32_t id : ids) count += counts_[id];
      if (count < best_count || (count == best_count && IsShallow(item.remaining[i]) &&
                                 !IsShallow(item.remaining[best]))) {
        best = i;
        best_count = count;
      }
    }
    return best;
  }

  bool TooManyCopies(const Item& item, size_t times) const {
    if (times == 1) return false;
    const size_t copies = item.copies * times;
    return (item.copies > 1 && copies > kCopiesMax) ||
           copies * conjunctions_[item.conjunction].siblings > kRuleCopiesMax;
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

  // A conjunction with the test that leads to it.
  struct Draft {
    CompiledTest test;
    IndexEntry entry;
  };

  void AddEntries(uint32_t number, const std::vector<Item>& items) {
    std::vector<Draft> drafts;
    drafts.reserve(items.size());
    for (const Item& item : items) drafts.push_back(MakeDraft(item));
    const auto less = [](const Draft& a, const Draft& b) {
      return std::make_pair(a.test.op, a.test.slot) < std::make_pair(b.test.op, b.test.slot);
    };
    std::stable_sort(drafts.begin(), drafts.end(), [&](const Draft& a, const Draft& b) {
      if (less(a, b) || less(b, a)) return less(a, b);
      return std::memcmp(&a.test.operand, &b.test.operand, sizeof(a.test.operand)) < 0;
    });
    index_.nodes[number].first_run = static_cast<uint32_t>(index_.runs.size());
    for (size_t i = 0; i < drafts.size(); ++i) {
      const CompiledTest& test = drafts[i].test;
      if (i == 0 || less(drafts[i - 1], drafts[i])) {
        const uint32_t first = static_cast<uint32_t>(index_.entries.size());
        index_.runs.push_back({test.op, test.slot, first, first});
      }
      ++index_.runs.back().last_entry;
      index_.operands.push_back(test.operand);
      index_.entries.push_back(drafts[i].entry);
    }
    IndexNode& node = index_.nodes[number];
    node.run_count = static_cast<uint32_t>(index_.runs.size()) - node.first_run;
    node.first_entry = static_cast<uint32_t>(index_.entries.size() - drafts.size());
    node.entry_count = static_cast<uint32_t>(drafts.size());
  }

  Draft MakeDraft(const Item& item) {
    Draft draft;
    size_t access = item.remaining.size();
    int best = INT32_MAX;
    for (size_t i = 0; i < item.remaining.size(); ++i) {
      const int rank = RankOf(pool_.check(item.remaining[i]));
      if (rank < best) {
        best = rank;
        access = i;
      }
    }
    const CompiledConjunction& conjunction = conjunctions_[item.conjunction];
    IndexEntry& entry = draft.entry;
    entry.rule = conjunction.rule;
    entry.conjunction = item.conjunction;
    entry.may_be_absent = conjunction.may_be_absent;
    entry.shallow = true;
    for (uint32_t i = 0; i < conjunction.check_count; ++i) {
      const uint32_t slot = pool_.check(checks_[conjunction.first_check + i]).slot;
      const uint64_t bit = uint64_t{1} << (slot % 64);
      entry.slots_collide |= (entry.slots & bit) != 0;
      entry.slots |= bit;
      entry.shallow &= trie_.slot_depth(slot) == 1;
    }
    entry.first_residual = static_cast<uint32_t>(index_.residuals.size());
    for (size_t i = 0; i < item.remaining.size(); ++i) {
      if (i != access) index_.residuals.push_back(item.remaining[i]);
    }
    entry.residual_count = static_cast<uint16_t>(index_.residuals.size() - entry.first_residual);
    if (access != item.remaining.size()) draft.test = AccessTest(item.remaining[access]);
    return draft;
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
    test.operand.index = number;
    return test;
  }

  // Nodes are numbered in the order in which their runs and entries were added.
  void FillHeads() {
    for (const IndexNode& node : index_.nodes) {
      const auto first = index_.runs.begin() + node.first_run;
      const bool leaf = node.slot_count == 0 && node.run_count != 0;
      const bool shallow = std::all_of(first, first + node.run_count, [this](const IndexRun& run) {
        return run.op == Op::kAlways || trie_.slot_depth(run.slot) == 1;
      });
      index_.heads.push_back({node.first_run, leaf, leaf && shallow, node.first_entry});
    }
    index_.heads.push_back({static_cast<uint32_t>(index_.runs.size()), false, false,
                            static_cast<uint32_t>(index_.entries.size())});
    index_.heads.shrink_to_fit();
  }

  void FillChildren() {
    if (children_.empty()) return;
    index_.children_.resize(std::bit_ceil(children_.size() * 2));  // all free
    const uint64_t mask = index_.children_.size() - 1;
    for (const auto& [key, node] : children_) {
      uint64_t place = RuleIndex::Hash(key) & mask;
      while (index_.children_[place].node != RuleIndex::kNone) place = (place + 1) & mask;
      index_.children_[place] = {key, node};
    }
  }

  const absl::Span<const CompiledConjunction> conjunctions_;
  const absl::Span<const uint32_t> checks_;
  const TestPool& pool_;
  const TextDictionary& dictionary_;
  const PathTrie& trie_;
  RuleIndex index_;
  std::vector<std::pair<uint64_t, uint32_t>> children_;
  std::vector<std::vector<uint32_t>> ids_;  // of each check that is an equality
  std::vector<uint32_t> id_slots_;
  std::vector<uint32_t> counts_;  // of each id, among the items being parted; zero in between
};

size_t RuleIndex::MemoryBytes() const {
  return nodes.capacity() * sizeof(IndexNode) + heads.capacity() * sizeof(IndexHead) +
         slots.capacity() * sizeof(IndexSlot) + dense_children.capacity() * sizeof(uint32_t) +
         runs.capacity() * sizeof(IndexRun) + entries.capacity() * sizeof(IndexEntry) +
         operands.capacity() * sizeof(CompiledTest::Operand) +
         residuals.capacity() * sizeof(uint32_t) + children_.capacity() * sizeof(ChildEntry);
}

RuleIndex BuildRuleIndex(absl::Span<const CompiledConjunction> conjunctions,
                         absl::Span<const uint32_t> checks, const TestPool& pool,
                         const TextDictionary& dictionary, const PathTrie& trie) {
  return RuleIndexBuilder(conjunctions, checks, pool, dictionary, trie).Build();
}

}  // namespace pavane::rules
