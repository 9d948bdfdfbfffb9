#include "pavane/delivery.h"

#include <utility>

#include "clients/cpp/src/durations.h"

namespace pavane {
inline namespace client {

Delivery::Delivery(pavane::v1::Delivery message)
    : message_(std::move(message)), event_(std::move(*message_.mutable_event())) {
  message_.clear_event();
}

std::chrono::system_clock::time_point Delivery::accepted_at() const {
  return internal::FromMessage(message_.accepted_at());
}

}  // namespace client
}  // namespace pavane
