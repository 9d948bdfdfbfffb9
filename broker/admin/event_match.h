#ifndef PAVANE_ADMIN_EVENT_MATCH_H_
#define PAVANE_ADMIN_EVENT_MATCH_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "event/attributes.h"
#include "event/event_view.h"
#include "event/stored_event.h"
#include "event/view_buffer.h"
#include "ingress/rule_snapshot.h"
#include "pavane/admin/v1/event.pb.h"
#include "rules/matcher.h"
#include "rules/pattern.h"

namespace pavane::admin {

/// Which stored events a list or tail shows.
struct EventSelector {
  std::string type;
  std::string source;
  std::string correlation_id;
  int64_t since_us = std::numeric_limits<int64_t>::min();
  int64_t until_us = std::numeric_limits<int64_t>::max();
  std::shared_ptr<const rules::Matcher> matcher;  // null: any

  /// EVENT_TOO_COMPLEX for the pattern counts as no match here: a list has nowhere to say so.
  bool Selects(const event::StoredEvent& event) const;
};

/// An event as rules see it, whatever it was given as, with the bytes that the view points at.
class EventInHand {
 public:
  EventInHand() = default;
  EventInHand(const EventInHand&) = delete;
  EventInHand& operator=(const EventInHand&) = delete;

  /// As rules see it: INVALID_JSON unless it is a JSON object.
  absl::Status SetJson(absl::string_view text);
  /// As published, under the limits of a publish but for its size.
  absl::Status SetCloudEvent(const event::CloudEvent& event);
  absl::Status SetStored(const event::StoredEvent& event);

  /// Of the last successful call.
  const event::EventView& view() const { return view_; }

 private:
  std::string padded_;
  event::CloudEvent cloud_event_;
  event::ViewBuffer buffer_;
  event::EventView view_;
};

/// A matcher of one pattern; null when it is null.
std::shared_ptr<const rules::Matcher> MatcherOf(std::shared_ptr<const rules::Pattern> pattern,
                                                const rules::MatcherOptions& options);

/// The wire's form. Names of buses come from `catalog`.
pavane::admin::v1::StoredEvent ShowEvent(const store::Catalog& catalog, const std::string& bus,
                                         const event::StoredEvent& event);

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_EVENT_MATCH_H_
