#include "targets/delivery_proto.h"

#include "absl/time/time.h"

#include "event/timestamp.h"

namespace pavane::targets {

void ToProto(const OutgoingDelivery& delivery, pavane::v1::Delivery* proto) {
  proto->set_delivery_id(delivery.delivery_id);
  proto->mutable_event()->ParseFromString(delivery.event->bytes);
  proto->set_bus(delivery.names->bus);
  proto->set_sequence(delivery.event->ref.sequence.value());
  proto->set_rule(delivery.names->rule);
  proto->set_target(delivery.names->target);
  proto->set_attempt(delivery.attempt);
  event::SetTimestamp(absl::ToUnixMicros(delivery.lease_expires_at),
                      proto->mutable_lease_expires_at());
  proto->set_kind(static_cast<pavane::v1::Delivery::Kind>(delivery.kind));
  event::SetTimestamp(delivery.accepted_us, proto->mutable_accepted_at());
  proto->set_out_of_order(delivery.out_of_order);
}

}  // namespace pavane::targets
