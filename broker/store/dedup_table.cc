#include "store/dedup_table.h"

#include "base/check.h"

namespace pavane::store {
namespace {

constexpr size_t kSlotsAtFirst = 64;

}  // namespace

const DedupEntry* DedupTable::Find(const event::Hash128& hash) const {
  if (entries_.empty()) return nullptr;
  const DedupEntry* newest = nullptr;
  for (size_t slot = SlotOf(hash); slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
    const DedupEntry& entry = entries_[slots_[slot] - 1];
    if (entry.hash == hash) newest = &entry;  // later ones lie behind
  }
  return newest;
}

void DedupTable::Add(const DedupEntry& entry) {
  entries_.push_back(entry);
  if (entries_.size() * 3 > slots_.size() * 2) {
    Grow();
  } else {
    Insert(entries_.size() - 1);
  }
}

void DedupTable::RemoveNewest() {
  CHECK(!entries_.empty()) << "it was added";
  const size_t number = entries_.size();
  size_t slot = SlotOf(entries_.back().hash);
  while (slots_[slot] != number) slot = (slot + 1) & (slots_.size() - 1);
  slots_[slot] = 0;
  entries_.pop_back();
}

void DedupTable::Insert(size_t index) {
  size_t slot = SlotOf(entries_[index].hash);
  while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
  slots_[slot] = static_cast<uint32_t>(index + 1);
}

void DedupTable::Grow() {
  slots_.assign(slots_.empty() ? kSlotsAtFirst : slots_.size() * 2, 0);
  for (size_t i = 0; i < entries_.size(); ++i) Insert(i);
}

}  // namespace pavane::store
