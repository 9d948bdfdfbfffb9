#include "store/scheduled_set.h"

namespace pavane::store {

bool ScheduledSet::Contains(BusId bus, const event::Hash128& identity) const {
  return !by_identity_.empty() && by_identity_.contains(Identity(bus, identity));
}

void ScheduledSet::Add(uint64_t id, BusId bus, const event::Hash128& identity) {
  const Identity own{bus, Contains(bus, identity) ? event::Hash128() : identity};
  Insert(id, own);
  changes_.push_back({id, own, true});
}

bool ScheduledSet::Remove(uint64_t id) {
  auto found = by_id_.find(id);
  if (found == by_id_.end()) return false;
  const Identity identity = found->second;
  Erase(id, identity);
  changes_.push_back({id, identity, false});
  return true;
}

void ScheduledSet::RollBack() {
  for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
    if (change->added) {
      Erase(change->id, change->identity);
    } else {
      Insert(change->id, change->identity);
    }
  }
  changes_.clear();
}

void ScheduledSet::Insert(uint64_t id, const Identity& identity) {
  by_id_[id] = identity;
  if (identity.second != event::Hash128()) by_identity_[identity] = id;
}

void ScheduledSet::Erase(uint64_t id, const Identity& identity) {
  by_id_.erase(id);
  by_identity_.erase(identity);
}

}  // namespace pavane::store
