#ifndef PAVANE_INGRESS_FORWARDER_H_
#define PAVANE_INGRESS_FORWARDER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "delivery/requests.h"
#include "event/stored_event.h"
#include "ingress/rule_book.h"

namespace pavane::ingress {

/// Buses that an event may be forwarded through.
inline constexpr uint32_t kHopsMax = 8;

/// The far end of a `bus:NAME` target: makes the same event (id, source, correlation and cause
/// unchanged) ready to be appended on another bus in the commit that settles the forwarding.
class Forwarder {
 public:
  explicit Forwarder(const RuleBook& rules) : rules_(rules) {}

  /// NotFound when there is no such bus, OutOfRange when the event has taken its last hop. Any
  /// thread.
  absl::StatusOr<std::unique_ptr<delivery::PreparedEvents>> Forward(
      const std::string& bus, event::StoredEventPtr event) const;

 private:
  const RuleBook& rules_;
};

}  // namespace pavane::ingress

#endif  // PAVANE_INGRESS_FORWARDER_H_
