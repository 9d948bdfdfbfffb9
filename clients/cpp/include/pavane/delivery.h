#ifndef PAVANE_CLIENTS_CPP_DELIVERY_H_
#define PAVANE_CLIENTS_CPP_DELIVERY_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "pavane/event.h"
#include "pavane/v1/delivery.pb.h"

namespace pavane {
inline namespace client {

// One attempt to hand over one event, as a handler sees it. Belongs to the service and is valid
// while the handler runs. The same event may come again (at least once): an effect that must happen
// once is remembered by event source and id, in the same transaction as the effect.
class Delivery {
 public:
  using Kind = pavane::v1::Delivery::Kind;

  explicit Delivery(pavane::v1::Delivery message);
  // Shares the message, which has an event and which nobody changes any more.
  explicit Delivery(std::shared_ptr<const pavane::v1::Delivery> message);
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  const Event& event() const { return event_; }
  std::string_view bus() const { return message_->bus(); }
  // The event's number on the bus.
  uint64_t sequence() const { return message_->sequence(); }
  // Name of the rule that matched; a rule of the service itself is `SERVICE/NAME`.
  std::string_view rule() const { return message_->rule(); }
  // 1 for the first attempt.
  uint32_t attempt() const { return message_->attempt(); }
  Kind kind() const { return message_->kind(); }
  // Comes after a later event of its ordering key, since it was redriven.
  bool out_of_order() const { return message_->out_of_order(); }
  std::chrono::system_clock::time_point accepted_at() const;
  // Opaque bytes, for logs and for the unary Settle.
  std::string_view delivery_id() const { return message_->delivery_id(); }

  // The broker took the lease away (it expired, or the connection was lost for too long): the
  // result will be refused and the event comes again. A long handler may look now and then and give
  // up. From any thread.
  bool lease_lost() const { return lease_lost_.load(std::memory_order_relaxed); }
  // For the library; handlers see the delivery as const.
  void set_lease_lost() { lease_lost_.store(true, std::memory_order_relaxed); }

 private:
  const std::shared_ptr<const pavane::v1::Delivery> message_;
  const Event event_;  // within message_
  std::atomic<bool> lease_lost_{false};
};

}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_DELIVERY_H_
