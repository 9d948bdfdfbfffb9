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

bool IndexWalk::DescendShallow() {
  for (; descended_ < nodes_.size(); ++descended_) {
    const uint32_t number = nodes_[descended_];
    FindChildren(number, 0, true);
    const IndexNode& node = index_.nodes[number];
    Prefetch(index_.runs.data() + node.first_run, node.run_count * sizeof(IndexRun));
    Prefetch(index_.operands.data() + node.first_entry,
             node.entry_count * sizeof(CompiledTest::Operand));
  }
  return std::any_of(nodes_.begin(), nodes_.end(), [this](uint32_t number) {
    const IndexNode& node = index_.nodes[number];
    return node.run_count != 0 || node.slot_count != node.shallow_count;
  });
}

// Looks for children by the node's shallow slots, or by the others.
void IndexWalk::FindChildren(uint32_t number, uint32_t first, bool shallow) {
  const IndexNode& node = index_.nodes[number];
  const uint32_t last = shallow ? node.shallow_count : node.slot_count;
  const IndexSlot* const begin = index_.slots.data() + node.first_slot;
  const std::vector<uint32_t>& touched = values_.touched();
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
