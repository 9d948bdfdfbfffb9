#include "ingress/seal.h"

#include "event/hashes.h"

namespace pavane::ingress {

event::StoredEvent Seal(const event::CloudEvent& cloud_event, BusId bus,
                        absl::string_view dedup_key) {
  event::StoredEvent stored;
  stored.ref.bus = bus;
  stored.id_hash = event::HashId(cloud_event.id());
  stored.dedup_hash = dedup_key.empty()
                          ? event::HashIdentity(cloud_event.source(), cloud_event.id())
                          : event::HashDedupKey(dedup_key);
  stored.correlation_hash =
      event::HashCorrelation(event::TextAttribute(cloud_event, event::kCorrelationId));
  stored.bytes = cloud_event.SerializeAsString();
  return stored;
}

}  // namespace pavane::ingress
