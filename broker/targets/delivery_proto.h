#ifndef PAVANE_TARGETS_DELIVERY_PROTO_H_
#define PAVANE_TARGETS_DELIVERY_PROTO_H_

#include "pavane/v1/delivery.pb.h"
#include "targets/session.h"

namespace pavane::targets {

/// The wire form of a delivery, the same on a stream, in a pull and in a dial-out. An event whose
/// bytes do not parse (the store checks them, so never) leaves `event` empty.
void ToProto(const OutgoingDelivery& delivery, pavane::v1::Delivery* proto);

}  // namespace pavane::targets

#endif  // PAVANE_TARGETS_DELIVERY_PROTO_H_
