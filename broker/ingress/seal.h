#ifndef PAVANE_INGRESS_SEAL_H_
#define PAVANE_INGRESS_SEAL_H_

#include "absl/strings/string_view.h"

#include "base/ids.h"
#include "event/attributes.h"
#include "event/stored_event.h"

namespace pavane::ingress {

/// Longest de-duplication key of a publisher.
inline constexpr size_t kDedupKeyBytesMax = 256;

/// The event as the store takes it: bytes and hashes. `cloud_event` is complete, correlation id
/// included. An empty `dedup_key` stands for (source, id).
event::StoredEvent Seal(const event::CloudEvent& cloud_event, BusId bus,
                        absl::string_view dedup_key);

}  // namespace pavane::ingress

#endif  // PAVANE_INGRESS_SEAL_H_
