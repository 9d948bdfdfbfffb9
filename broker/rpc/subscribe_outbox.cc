#include "rpc/subscribe_outbox.h"

#include <utility>

#include "rpc/delivery_encoding.h"
#include "rpc/lease_translation.h"
#include "rpc/wire.h"

namespace pavane::rpc {
namespace {

constexpr int kResultsPerMessageMax = 1000;
// Deliveries in one message where the client does not say.
constexpr uint32_t kDeliveriesPerMessageMax = 256;

// Gives what a member takes back at the end of a message.
template <typename Result, typename Message>
void TakeResults(std::deque<Result>& results, Message* message) {
  for (int i = 0; i < kResultsPerMessageMax && !results.empty(); ++i) {
    *message->add_results() = std::move(results.front());
    results.pop_front();
  }
}

}  // namespace

void SubscribeOutbox::AddSettled(ingress::Settler::Results results) {
  for (pavane::v1::SettleResult& result : results) settled_.push_back(std::move(result));
}

void SubscribeOutbox::AddExtended(const std::vector<delivery::ExtendAnswer>& answers) {
  for (const delivery::ExtendAnswer& answer : answers) {
    extended_.push_back(TranslateExtendAnswer(answer));
  }
}

void SubscribeOutbox::AddDeliveries(std::vector<targets::OutgoingDelivery> deliveries) {
  for (auto& delivery : deliveries) deliveries_.push_back(std::move(delivery));
}

bool SubscribeOutbox::Next(uint32_t deliveries_max, grpc::ByteBuffer* out) {
  Response message;
  if (!messages_.empty()) {
    *out = Serialize(messages_.front());
    messages_.pop_front();
  } else if (!settled_.empty()) {
    TakeResults(settled_, message.mutable_settle_results());
    *out = Serialize(message);
  } else if (!extended_.empty()) {
    TakeResults(extended_, message.mutable_extend_results());
    *out = Serialize(message);
  } else if (!deliveries_.empty()) {
    BatchBounds bounds;
    bounds.deliveries_max = deliveries_max == 0 ? kDeliveriesPerMessageMax : deliveries_max;
    *out = EncodeDeliveryBatch(deliveries_, bounds);
  } else {
    return false;
  }
  return true;
}

void SubscribeOutbox::Clear() {
  messages_.clear();
  deliveries_.clear();
  settled_.clear();
  extended_.clear();
}

}  // namespace pavane::rpc
