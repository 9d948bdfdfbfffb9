#ifndef PAVANE_RPC_SUBSCRIBE_OUTBOX_H_
#define PAVANE_RPC_SUBSCRIBE_OUTBOX_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "grpcpp/support/byte_buffer.h"

#include "delivery/requests.h"
#include "ingress/settler.h"
#include "pavane/v1/subscriber.pb.h"
#include "targets/session.h"

namespace pavane::rpc {

/// What one Subscribe stream has to send. What the broker says comes first, then answers, then
/// deliveries; each kind in order. Not thread-safe: the stream calls it under its lock.
class SubscribeOutbox {
 public:
  using Response = pavane::v1::SubscribeResponse;

  void Say(Response message) { messages_.push_back(std::move(message)); }
  /// Before all that was said already.
  void SayFirst(Response message) { messages_.push_front(std::move(message)); }
  void AddSettled(ingress::Settler::Results results);
  void AddExtended(const std::vector<delivery::ExtendAnswer>& answers);
  void AddDeliveries(std::vector<targets::OutgoingDelivery> deliveries);

  /// Results that wait.
  size_t answers() const { return settled_.size() + extended_.size(); }

  /// The next message; false if there is none. `deliveries_max`: in one message; 0: the default.
  bool Next(uint32_t deliveries_max, grpc::ByteBuffer* out);
  void Clear();

 private:
  std::deque<Response> messages_;
  std::deque<pavane::v1::SettleResult> settled_;
  std::deque<pavane::v1::ExtendResult> extended_;
  std::deque<targets::OutgoingDelivery> deliveries_;
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_SUBSCRIBE_OUTBOX_H_
