#ifndef PAVANE_STORE_SCHEDULED_SET_H_
#define PAVANE_STORE_SCHEDULED_SET_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "base/ids.h"
#include "event/hash128.h"
#include "store/commit_record.h"

namespace pavane::store {

/// The scheduled events that wait, with their identities for de-duplication: while one waits, a
/// publish of the same identity is its duplicate. Some 80 bytes an event; whoever schedules bounds
/// their number. Changes since Mark can be taken back. Writer thread only.
class ScheduledSet {
 public:
  /// `identity` zero: none. Where another one of the identity waits (the bus did not de-duplicate
  /// when they came), it stays with that one.
  void Add(uint64_t id, BusId bus, const event::Hash128& identity);
  /// False when it does not wait (any more).
  bool Remove(uint64_t id);
  bool Contains(BusId bus, const event::Hash128& identity) const;
  size_t size() const { return by_id_.size(); }

  void Mark() { changes_.clear(); }
  void RollBack();

 private:
  using Identity = std::pair<BusId, event::Hash128>;
  struct Change {
    uint64_t id = 0;
    Identity identity;
    bool added = false;
  };

  void Insert(uint64_t id, const Identity& identity);
  void Erase(uint64_t id, const Identity& identity);

  absl::flat_hash_map<uint64_t, Identity> by_id_;
  absl::flat_hash_map<Identity, uint64_t> by_identity_;
  std::vector<Change> changes_;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_SCHEDULED_SET_H_
