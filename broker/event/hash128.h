#ifndef PAVANE_EVENT_HASH128_H_
#define PAVANE_EVENT_HASH128_H_

#include <cstdint>
#include <utility>

namespace pavane::event {

/// 128 bits of XXH3 over some identity of an event: (source, id), a dedup key, a correlation id.
/// Wide enough that distinct identities never meet in practice (2^-64 at 2^32 ids). Part of the
/// disk format.
struct Hash128 {
  uint64_t high = 0;
  uint64_t low = 0;

  friend bool operator==(const Hash128&, const Hash128&) = default;
  friend auto operator<=>(const Hash128&, const Hash128&) = default;

  template <typename H>
  friend H AbslHashValue(H h, const Hash128& hash) {
    return H::combine(std::move(h), hash.high, hash.low);
  }
};

}  // namespace pavane::event

#endif  // PAVANE_EVENT_HASH128_H_
