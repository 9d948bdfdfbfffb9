#ifndef PAVANE_TARGETS_SESSION_H_
#define PAVANE_TARGETS_SESSION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "event/stored_event.h"

namespace pavane::targets {

/// The names of a delivery's path, shared by all deliveries of one target.
struct TargetNames {
  std::string bus;
  std::string rule;
  std::string target;
  std::string address;
};

/// How a hand-over came about: numbers of pavane.v1.Delivery.Kind.
enum class DeliveryKind : uint8_t { kLive = 1, kRedelivery = 2, kRedrive = 3 };

/// One delivery on its way to the far end.
struct OutgoingDelivery {
  std::string delivery_id;  // opaque bytes, see delivery/delivery_id.h
  event::StoredEventPtr event;
  std::shared_ptr<const TargetNames> names;
  uint32_t attempt = 1;
  absl::Time lease_expires_at;  // wall clock, UTC
  DeliveryKind kind = DeliveryKind::kLive;
  int64_t accepted_us = 0;
  bool out_of_order = false;
  uint32_t batch_max = 0;  // of its target in one dial-out call; 0: no bound
};

/// The far end of a connected stream, as delivery sees it. Implemented in rpc/ (streams) and
/// targets/ (dial-out). All calls come from the delivery loop and must not block: an implementation
/// queues and returns. What delivery hands over is bounded by the credit that the session was
/// given.
class Session {
 public:
  virtual ~Session() = default;

  virtual void Deliver(std::vector<OutgoingDelivery> deliveries) = 0;
  /// Leases that ended without a settlement.
  virtual void LeasesLost(std::vector<std::string> delivery_ids) = 0;
  /// The broker drains: tell the client; settlements are awaited until about then.
  virtual void Draining(absl::Time until) = 0;
  /// The broker ends the session (resumed elsewhere, shut down).
  virtual void Close(const absl::Status& why) = 0;
};

}  // namespace pavane::targets

#endif  // PAVANE_TARGETS_SESSION_H_
