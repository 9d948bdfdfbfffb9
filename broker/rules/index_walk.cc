#include "rules/index_walk.h"

#include <algorithm>

namespace pavane::rules {
namespace {

void Prefetch(const void* begin, size_t size) {
  constexpr size_t kLine = 64;
  constexpr size_t kBytesMax = 32 * kLine;
  const char* const at = static_cast<const char*>(begin);
  for (size_t i = 0; i < std::min(size, kBytesMax); i += kLine) __builtin_prefetch(at + i);
}

}  // namespace

// Takes the heads only, since the node itself is seldom in the cache.
void IndexWalk::FetchEntries(uint32_t number) const {
  const IndexHead& head = index_.heads[number];
  const IndexHead& next = index_.heads[number + 1];
  __builtin_prefetch(index_.nodes.data() + number);
  Prefetch(index_.runs.data() + head.first_run,
           (next.first_run - head.first_run) * sizeof(IndexRun));
  Prefetch(index_.operands.data() + head.first_entry,
           (next.first_entry - head.first_entry) * sizeof(CompiledTest::Operand));
}

// Whether the rest of the event may lead to something there.
bool IndexWalk::DescendShallow(uint32_t number) {
  FindChildren(number, 0, true);
  const IndexNode& node = index_.nodes[number];
  return node.run_count != 0 || node.slot_count != node.shallow_count;
}

// Looks for children by the node's shallow slots, or by the others.
void IndexWalk::FindChildren(uint32_t number, uint32_t first, bool shallow) {
  const IndexNode& node = index_.nodes[number];
  const uint32_t last = shallow ? node.shallow_count : node.slot_count;
  const IndexSlot* const begin = index_.slots.data() + node.first_slot;
  const absl::Span<const uint32_t> touched = values_.touched();
  if (last - first <= 2 * touched.size()) {
    for (uint32_t i = first; i < last; ++i) FindChildren(number, begin[i]);
    return;
  }
  for (uint32_t slot : touched) {  // the slots are sorted
    const IndexSlot* by =
        std::lower_bound(begin + first, begin + last, slot,
                         [](const IndexSlot& s, uint32_t wanted) { return s.slot < wanted; });
    if (by != begin + last && by->slot == slot) FindChildren(number, *by);
  }
}

void IndexWalk::FindChildren(uint32_t number, const IndexSlot& by) {
  const uint32_t first_id = dictionary_.first_id(by.slot);
  values_.ForEach(by.slot, [&](EventValue* value) {
    const uint32_t id = dictionary_.Find(by.slot, value);
    if (id == EventValue::kNone) return;
    const uint32_t child = index_.Child(number, by, id, id - first_id);
    if (child != RuleIndex::kNone) nodes_.push_back(child);
  });
}

}  // namespace pavane::rules
