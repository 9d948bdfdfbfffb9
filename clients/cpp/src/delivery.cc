#include "pavane/delivery.h"

#include <utility>

#include "clients/cpp/src/durations.h"

namespace pavane {
inline namespace client {

Delivery::Delivery(pavane::v1::Delivery message)
    : Delivery(std::make_shared<const pavane::v1::Delivery>(std::move(message))) {}

Delivery::Delivery(std::shared_ptr<const pavane::v1::Delivery> message)
    : message_(std::move(message)), event_(&message_->event()) {}

std::chrono::system_clock::time_point Delivery::accepted_at() const {
  return internal::FromMessage(message_->accepted_at());
}

}  // namespace client
}  // namespace pavane
