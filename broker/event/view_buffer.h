#ifndef PAVANE_EVENT_VIEW_BUFFER_H_
#define PAVANE_EVENT_VIEW_BUFFER_H_

#include <deque>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "event/attributes.h"
#include "event/event_view.h"
#include "event/stored_event.h"
#include "event/validate.h"

namespace pavane::event {

/// Builds the EventBridge view of an event and owns what the view points at. One buffer is used by
/// one thread and can be filled again and again.
///
/// The members: `version` "0", `id`, `detail-type` (the type), `source`, `account` and `region`
/// (empty), `resources` (empty array), `specversion`, `time` in whole seconds if the event has one,
/// `detail` if the data is a JSON object, and each other attribute under its own name. An attribute
/// whose name is taken is a member of `ce`. Booleans and integers keep their type, timestamps are
/// RFC 3339 in UTC, bytes are base64.
class ViewBuffer {
 public:
  ViewBuffer() = default;
  ViewBuffer(const ViewBuffer&) = delete;
  ViewBuffer& operator=(const ViewBuffer&) = delete;

  /// `event` has passed Validate, which returned `shape`; it must outlive the view unchanged.
  /// The view holds until the next call.
  const EventView& Fill(const CloudEvent& event, const DataShape& shape);
  /// From what the store keeps. DataLoss when the bytes are no CloudEvent.
  absl::StatusOr<EventView> FillStored(const StoredEvent& event);

 private:
  void AddAttribute(const std::string& name, const AttributeValue& value);
  void AddCollision(absl::string_view name, const EventView::Member& member);
  /// Keeps a copy of a text, with padding behind it, until the next Fill.
  absl::string_view Keep(absl::string_view text);

  CloudEvent stored_;  // FillStored only
  std::vector<EventView::Member> members_;
  std::deque<std::string> texts_;  // kept with their memory from one event to the next
  size_t texts_used_ = 0;
  std::string collisions_;  // members of `ce`, JSON text
  EventView view_;
};

}  // namespace pavane::event

#endif  // PAVANE_EVENT_VIEW_BUFFER_H_
