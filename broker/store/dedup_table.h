#ifndef PAVANE_STORE_DEDUP_TABLE_H_
#define PAVANE_STORE_DEDUP_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "event/hash128.h"

namespace pavane::store {

/// One event identity: whose it was first, and when it came.
struct DedupEntry {
  event::Hash128 hash;
  int64_t accepted_us = 0;
  Sequence sequence;
  uint32_t matched_rules = 0;
};

/// Event identities in the order of their coming, found by hash: the part of a bus' window that no
/// segment on disk holds yet. Nothing is removed but the newest, so entries lie in one vector and
/// the hash table is a vector of their numbers: 45 bytes an identity, 20 ns a look-up.
///
/// Any thread may read what no thread changes.
class DedupTable {
 public:
  /// The newest entry of that hash; null when there is none.
  const DedupEntry* Find(const event::Hash128& hash) const;
  void Add(const DedupEntry& entry);
  void RemoveNewest();

  const std::vector<DedupEntry>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  size_t memory_bytes() const {
    return entries_.capacity() * sizeof(DedupEntry) + slots_.size() * sizeof(uint32_t);
  }

 private:
  size_t SlotOf(const event::Hash128& hash) const { return hash.low & (slots_.size() - 1); }
  void Insert(size_t index);
  void Grow();

  std::vector<DedupEntry> entries_;
  // Linear probing; index of an entry + 1, 0 for none. A power of two, at most two thirds full.
  // Entries come and go at the end only, so clearing the slot of the newest one leaves the table
  // as it was before.
  std::vector<uint32_t> slots_;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_DEDUP_TABLE_H_
