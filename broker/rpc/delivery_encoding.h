#ifndef PAVANE_RPC_DELIVERY_ENCODING_H_
#define PAVANE_RPC_DELIVERY_ENCODING_H_

#include <deque>
#include <string>
#include <vector>

#include "grpcpp/support/byte_buffer.h"

#include "targets/session.h"

namespace pavane::rpc {

/// Bounds of one message with deliveries.
struct BatchBounds {
  size_t deliveries_max = 256;
  size_t bytes_max = 1 << 20;
};

/// Takes deliveries from the front, at least one, within the bounds, and makes a SubscribeResponse
/// of them. The stored bytes of the events go in as they are, without being parsed.
grpc::ByteBuffer EncodeDeliveryBatch(std::deque<targets::OutgoingDelivery>& deliveries,
                                     const BatchBounds& bounds);

/// The same as a PullResponse.
grpc::ByteBuffer EncodePullResponse(const std::vector<targets::OutgoingDelivery>& deliveries);

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_DELIVERY_ENCODING_H_
