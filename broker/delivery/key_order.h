#ifndef PAVANE_DELIVERY_KEY_ORDER_H_
#define PAVANE_DELIVERY_KEY_ORDER_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"

#include "base/ids.h"
#include "store/target_state.h"

namespace pavane::delivery {

/// Which deliveries of an ordered target wait for others of their key. Of each key that has more
/// than one delivery in memory, or one that is out, it knows all: at most one is *offered* (may be
/// handed out), and only when none is out; the others are *parked*. The offered one is the lowest
/// in the order of sequences, and no dead letter below it blocks the key.
///
/// It decides, its caller (TargetQueue) moves: after a change, Settle tells what to park and what
/// to offer. Keys are hashes, never 0. Loop thread only.
class KeyOrder {
 public:
  /// A delivery within its key's order.
  struct Place {
    Sequence sequence;
    bool exception = false;
    int64_t due_us = 0;  // of an exception

    friend auto operator<=>(const Place&, const Place&) = default;
  };
  struct Moves {
    std::optional<Place> park;   // was offered
    std::optional<Place> offer;  // was parked
  };

  /// Whether nothing is known of the key that the delivery would have to wait for.
  bool IsFree(uint64_t key, Sequence sequence) const;
  /// The delivery is known now, as parked.
  void Park(uint64_t key, const Place& place);
  /// The delivery is in memory no more, parked or offered.
  void Forget(uint64_t key, const Place& place);
  /// The delivery is out; it may have been parked, offered or unknown before.
  void Take(uint64_t key, const Place& place);
  /// One of the key's deliveries is not out any more.
  void EndTake(uint64_t key);
  bool IsOffered(uint64_t key, const Place& place) const;
  /// What has to move so that the key is as promised above.
  Moves Settle(uint64_t key);

  // ---- dead letters that block their keys. Kept whether or not blocking is in force.
  void Block(uint64_t key, Sequence sequence);
  void Unblock(uint64_t key, Sequence sequence);
  void set_blocking(bool blocking) { blocking_ = blocking; }
  bool blocking() const { return blocking_; }
  /// Letters that block, of all keys.
  size_t blocks() const { return blocks_; }
  size_t blocked_keys() const { return blocking_ ? blocked_.size() : 0; }
  std::vector<store::TargetState::Blocked> Blocked() const;

  /// Forgets all deliveries; blocks stay.
  void Clear() { keys_.clear(); }

 private:
  struct Key {
    uint32_t out = 0;
    std::optional<Place> offered;
    absl::btree_set<Place> parked;

    bool unused() const { return out == 0 && !offered && parked.empty(); }
  };

  bool IsBlocked(uint64_t key, Sequence sequence) const;

  absl::flat_hash_map<uint64_t, Key> keys_;
  absl::flat_hash_map<uint64_t, absl::btree_multiset<Sequence>> blocked_;
  size_t blocks_ = 0;
  bool blocking_ = false;
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_KEY_ORDER_H_
