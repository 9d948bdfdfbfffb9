#ifndef PAVANE_EVENT_EVENT_REF_H_
#define PAVANE_EVENT_EVENT_REF_H_

#include <cstdint>

#include "base/ids.h"

namespace pavane::event {

/// Where an event is stored: the broker's own name for it. Edges of flows are pairs of these;
/// CloudEvents ids are the outward form only.
struct EventRef {
  BusId bus;
  Sequence sequence;

  friend bool operator==(const EventRef&, const EventRef&) = default;
  friend auto operator<=>(const EventRef&, const EventRef&) = default;

  template <typename H>
  friend H AbslHashValue(H h, const EventRef& ref) {
    return H::combine(std::move(h), ref.bus, ref.sequence);
  }
};

}  // namespace pavane::event

#endif  // PAVANE_EVENT_EVENT_REF_H_
