// The broker's numbers with meaning. All start at 1; zero is "none".
#ifndef PAVANE_BASE_IDS_H_
#define PAVANE_BASE_IDS_H_

#include <cstdint>

#include "base/strong_id.h"

namespace pavane {

// Internal ids of the catalog, never reused. Disk uses them, the wire uses names.
using BusId = StrongInt<struct BusIdTag, uint64_t>;
using RuleId = StrongInt<struct RuleIdTag, uint64_t>;
using TargetId = StrongInt<struct TargetIdTag, uint64_t>;

// The place of an event on its bus: 1, 2, 3, ... without a gap.
using Sequence = StrongInt<struct SequenceTag, uint64_t>;

// The place of a commit record in the engine's log, over all buses.
using Position = StrongInt<struct PositionTag, uint64_t>;

// Rises with each change of buses, rules or targets; every matched event carries the one it was
// matched with.
using CatalogVersion = StrongInt<struct CatalogVersionTag, uint64_t>;

// One hand-over of a delivery; the first is 1.
using Attempt = StrongInt<struct AttemptTag, uint32_t>;

// Durable, rises at each start of the broker; part of a delivery id.
using BootNumber = StrongInt<struct BootNumberTag, uint32_t>;

}  // namespace pavane

#endif  // PAVANE_BASE_IDS_H_
