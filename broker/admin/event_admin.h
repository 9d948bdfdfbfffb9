#ifndef PAVANE_ADMIN_EVENT_ADMIN_H_
#define PAVANE_ADMIN_EVENT_ADMIN_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "admin/event_match.h"
#include "base/ids.h"
#include "ingress/rule_book.h"
#include "pavane/admin/v1/event.pb.h"
#include "pavane/admin/v1/rule.pb.h"
#include "store/log.h"

namespace pavane::admin {

/// A reader of a bus that follows its end; see EventAdmin::StartTail. One thread at a time.
struct EventTail {
  BusId bus;
  std::string bus_name;
  Sequence next;
  EventSelector selector;
};

/// Stored events: what pavane.admin.v1.EventAdmin does, and patterns tested on events. Reads may
/// touch the disk, so calls are not for threads that must not block; each looks at a bounded number
/// of events.
class EventAdmin {
 public:
  /// The references outlive the object.
  EventAdmin(const ingress::RuleBook& rules, const store::Log& log) : rules_(rules), log_(log) {}

  absl::StatusOr<pavane::admin::v1::GetEventResponse> Get(
      const pavane::admin::v1::GetEventRequest& request) const;
  absl::StatusOr<pavane::admin::v1::ListEventsResponse> List(
      const pavane::admin::v1::ListEventsRequest& request) const;

  /// `request.last` events before the end, then on.
  absl::StatusOr<std::unique_ptr<EventTail>> StartTail(
      const pavane::admin::v1::TailEventsRequest& request) const;
  /// The next events, maybe none; `at_end`: nothing more is there now. ResourceExhausted when the
  /// reader has fallen too far behind.
  absl::StatusOr<std::vector<pavane::admin::v1::StoredEvent>> ReadTail(EventTail& tail,
                                                                       bool* at_end) const;

  /// Whether ReadTail would find anything.
  bool HasMore(const EventTail& tail) const {
    return tail.next <= log_.EventRange(tail.bus).second;
  }

  absl::StatusOr<pavane::admin::v1::TestPatternResponse> TestPattern(
      const pavane::admin::v1::TestPatternRequest& request) const;

 private:
  absl::StatusOr<ingress::BusRulesPtr> FindBus(const std::string& name) const;
  absl::StatusOr<EventSelector> SelectorOf(
      const pavane::admin::v1::ListEventsRequest& request) const;
  absl::Status ListFlow(BusId bus, const pavane::admin::v1::ListEventsRequest& request,
                        Sequence from, size_t page_size, const EventSelector& selector,
                        pavane::admin::v1::ListEventsResponse* response) const;
  absl::Status ListRange(BusId bus, const pavane::admin::v1::ListEventsRequest& request,
                         Sequence from, size_t page_size, const EventSelector& selector,
                         pavane::admin::v1::ListEventsResponse* response) const;
  absl::StatusOr<std::shared_ptr<const rules::Pattern>> ParsePattern(const std::string& text) const;

  const ingress::RuleBook& rules_;
  const store::Log& log_;
};

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_EVENT_ADMIN_H_
