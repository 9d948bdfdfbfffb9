#include "delivery/event_of.h"

#include <memory>
#include <utility>

namespace pavane::delivery {

absl::StatusOr<event::StoredEventPtr> EventOf(const store::Log& log,
                                              const TargetQueue::Entry& entry) {
  auto event = log.ReadEvent(entry.event);
  if (event.ok() || !entry.exception || entry.exception->event_bytes.empty()) return event;
  auto kept = std::make_shared<event::StoredEvent>();
  kept->ref = entry.event;
  kept->accepted_us = entry.exception->event_accepted_us;
  kept->bytes = entry.exception->event_bytes;
  return event::StoredEventPtr(std::move(kept));
}

}  // namespace pavane::delivery
