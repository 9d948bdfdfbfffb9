#ifndef PAVANE_STORE_DEDUP_POLICY_H_
#define PAVANE_STORE_DEDUP_POLICY_H_

#include <cstdint>

#include "base/ids.h"

namespace pavane::store {

/// How long a bus remembers its events' identities: by time and by the number of events, whichever
/// is less.
struct DedupPolicy {
  int64_t window_us = 600'000'000;  // 0: off
  uint64_t ids_max = 1'000'000;

  friend bool operator==(const DedupPolicy&, const DedupPolicy&) = default;
};

/// The answer that a repeated event gets: its first one's.
struct DedupFirst {
  Sequence sequence;
  uint32_t matched_rules = 0;

  friend bool operator==(const DedupFirst&, const DedupFirst&) = default;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_DEDUP_POLICY_H_
