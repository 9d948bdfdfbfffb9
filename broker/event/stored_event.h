#ifndef PAVANE_EVENT_STORED_EVENT_H_
#define PAVANE_EVENT_STORED_EVENT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/ids.h"
#include "event/event_ref.h"
#include "event/hash128.h"

namespace pavane::event {

/// An event as the store keeps it: the CloudEvent's bytes and what the broker knows beside them.
/// Immutable once appended; shared between threads as `shared_ptr<const StoredEvent>`.
struct StoredEvent {
  EventRef ref;
  /// Recorded time of acceptance, UTC microseconds; rises along a bus.
  int64_t accepted_us = 0;
  /// Identity for de-duplication: hash of (source, id), or of the publisher's dedup key.
  Hash128 dedup_hash;
  /// Hash of the id alone, for look-up by id.
  Hash128 id_hash;
  /// Hash of the `correlationid` attribute, for look-up of a flow.
  Hash128 correlation_hash;
  /// The catalog with which it was matched.
  CatalogVersion catalog_version;
  uint32_t matched_rules = 0;
  /// Buses it was forwarded through.
  uint32_t hops = 0;
  /// The event whose settlement emitted this one, or from which it was forwarded.
  std::optional<EventRef> cause;
  /// Serialized io.cloudevents.v1.CloudEvent, attributes of the broker included.
  std::string bytes;
};

using StoredEventPtr = std::shared_ptr<const StoredEvent>;

}  // namespace pavane::event

#endif  // PAVANE_EVENT_STORED_EVENT_H_
