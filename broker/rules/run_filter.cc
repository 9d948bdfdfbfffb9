#include "rules/run_filter.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "rules/affix_view.h"
#include "rules/ip_address.h"
#include "rules/value_number.h"

namespace pavane::rules {

void RunFilter::Visit(const IndexRun& run) {
  if (run.op == Op::kAlways) return VisitAlways(run);
  if (run.op == Op::kCheck) return VisitChecks(run);
  const uint32_t first = values_.slot(run.slot).first;
  if (first == EventValue::kNone) return;
  EventValue& value = values_.value(first);
  if (value.next == EventValue::kNone) {
    VisitWithOne(run, &value);
  } else {
    VisitWithMany(run, first);
  }
}

void RunFilter::VisitWithMany(const IndexRun& run, uint32_t first) {
  if (IsFew(first)) return VisitWithFew(run, first);
  CompiledTest test;
  test.op = run.op;
  test.slot = run.slot;
  for (uint32_t e = run.first_entry; e != run.last_entry && !values_.exhausted(); ++e) {
    test.operand = index_.operands[e];
    for (uint32_t i = first; i != EventValue::kNone;) {
      EventValue& value = values_.value(i);
      values_.Charge(1);
      if (pool_.Passes(test, dictionary_, &values_, &value)) {
        AddCandidate(e);
        break;
      }
      i = value.next;
    }
  }
}

// Whether the slot has few values from `first` on.
bool RunFilter::IsFew(uint32_t first) const {
  uint32_t count = 1;
  for (uint32_t i = first; count <= kFew; ++count) {
    i = values_.value(i).next;
    if (i == EventValue::kNone) return true;
  }
  return false;
}

// One value after the other; an entry that lets several through is a candidate once.
void RunFilter::VisitWithFew(const IndexRun& run, uint32_t first) {
  const size_t before = candidates_.size();
  for (uint32_t i = first; i != EventValue::kNone;) {
    EventValue& value = values_.value(i);
    VisitWithOne(run, &value);
    i = value.next;
  }
  if (candidates_.size() - before <= 1) return;
  const auto begin = candidates_.begin() + before;
  std::sort(begin, candidates_.end());
  candidates_.erase(std::unique(begin, candidates_.end()), candidates_.end());
}

// Finds the entries that pass; `may_pass` is a first look at the operand, without a branch, and
// may be shown operands of other runs, too. Looking at several at once leaves few branches that
// depend on how many there are. With `exact` the first look is the answer.
template <bool exact, typename MayPass>
void RunFilter::Filter(const IndexRun& run, EventValue* value, MayPass may_pass) {
  const CompiledTest::Operand* const operands = index_.operands.data();
  for (uint32_t e = run.first_entry; e < run.last_entry; e += RuleIndex::kLookahead) {
    uint32_t passing = 0;
    for (uint32_t i = 0; i < RuleIndex::kLookahead; ++i) {
      passing |= static_cast<uint32_t>(may_pass(operands[e + i])) << i;
    }
    passing &= (uint32_t{1} << std::min(run.last_entry - e, RuleIndex::kLookahead)) - 1;
    for (; passing != 0; passing &= passing - 1) {
      const uint32_t entry = e + static_cast<uint32_t>(std::countr_zero(passing));
      if (exact) {
        AddCandidate(entry);
      } else {
        AddIfPasses(run, entry, value);
      }
    }
  }
}

// What does not depend on the operand is done once; the common operations have tight loops.
void RunFilter::VisitWithOne(const IndexRun& run, EventValue* value) {
  switch (run.op) {
    case Op::kPrefix:
    case Op::kWildcard:
    case Op::kSuffix:
    case Op::kFoldPrefix:
    case Op::kFoldEquals:
    case Op::kFoldSuffix:
      if (value->kind == EventValue::Kind::kString) VisitAffixes(run, value);
      return;
    case Op::kRange: {
      if (value->kind != EventValue::Kind::kNumber || !ReadNumber(value)) return;
      const double number = value->number;
      return Filter<false>(run, value, [number](const CompiledTest::Operand& operand) {
        // One branch for both.
        return ((number >= operand.range.low) & (number <= operand.range.high)) != 0;
      });
    }
    case Op::kBlockV4: {
      if (value->kind != EventValue::Kind::kString) return;
      const IpAddress* address = TestPool::AddressOf(&values_, value);
      if (address == nullptr || !address->is_v4) return;
      const uint32_t word = WordOf(*address);
      return Filter<true>(run, value, [word](const CompiledTest::Operand& operand) {
        return (word & operand.block_v4.mask) == operand.block_v4.address;
      });
    }
    case Op::kId: {
      const uint32_t id = dictionary_.Find(run.slot, value);
      if (id == EventValue::kNone) return;
      return Filter<true>(run, value,
                          [id](const CompiledTest::Operand& operand) { return operand.id == id; });
    }
    case Op::kNoneOfMask: {
      const uint32_t id = dictionary_.Find(run.slot, value);
      const uint64_t bit =
          id == EventValue::kNone ? 0 : uint64_t{1} << (id - dictionary_.first_id(run.slot));
      return Filter<true>(run, value, [bit](const CompiledTest::Operand& operand) {
        return (operand.mask & bit) == 0;
      });
    }
    default:
      return VisitOneByOne(run, value);
  }
}

void RunFilter::VisitAffixes(const IndexRun& run, EventValue* value) {
  using Operand = CompiledTest::Operand;
  const AffixView view(*value);
  switch (run.op) {
    case Op::kSuffix:
      return Filter<false>(run, value,
                           [&view](const Operand& o) { return view.MayEndWith(o.affix); });
    case Op::kFoldPrefix:
    case Op::kFoldEquals:
      return Filter<false>(run, value,
                           [&view](const Operand& o) { return view.MayBeginWithFolded(o.affix); });
    case Op::kFoldSuffix:
      return Filter<false>(run, value,
                           [&view](const Operand& o) { return view.MayEndWithFolded(o.affix); });
    default:
      return Filter<false>(run, value,
                           [&view](const Operand& o) { return view.MayBeginWith(o.affix); });
  }
}

// For operations that have no first look. Equal tests lie side by side.
void RunFilter::VisitOneByOne(const IndexRun& run, EventValue* value) {
  CompiledTest test;
  test.op = run.op;
  test.slot = run.slot;
  bool passes = false;
  for (uint32_t e = run.first_entry; e != run.last_entry; ++e) {
    const CompiledTest::Operand& operand = index_.operands[e];
    if (e == run.first_entry || std::memcmp(&operand, &test.operand, sizeof(operand)) != 0) {
      test.operand = operand;
      passes = pool_.Passes(test, dictionary_, &values_, value);
    }
    if (passes) AddCandidate(e);
  }
}

[[gnu::noinline]] void RunFilter::AddIfPasses(const IndexRun& run, uint32_t entry,
                                              EventValue* value) {
  CompiledTest test;
  test.op = run.op;
  test.slot = run.slot;
  test.operand = index_.operands[entry];
  if (pool_.Passes(test, dictionary_, &values_, value)) AddCandidate(entry);
}

void RunFilter::VisitAlways(const IndexRun& run) {
  for (uint32_t e = run.first_entry; e != run.last_entry; ++e) AddCandidate(e);
}

void RunFilter::VisitChecks(const IndexRun& run) {
  for (uint32_t e = run.first_entry; e != run.last_entry && !values_.exhausted(); ++e) {
    if (pool_.MayHold(pool_.check(index_.operands[e].index), dictionary_, &values_)) {
      AddCandidate(e);
    }
  }
}

}  // namespace pavane::rules
