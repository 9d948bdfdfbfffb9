// Events that are stored with what they tell of, and published afterwards.
#ifndef PAVANE_PLUGINS_BOOKING_OUTBOX_H_
#define PAVANE_PLUGINS_BOOKING_OUTBOX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "plugins/common/database.h"
#include "plugins/common/event.h"

namespace pavane::booking {

extern const char kOutboxSchema[];

// Stores an event in the transaction of its cause: both are there or neither. The event has its id,
// under which it is published, as often as it takes.
absl::Status AppendToOutbox(plugins::Transaction& tx, const plugins::Event& event);

// The oldest events, at most `count_max`, in the order in which they were stored.
absl::StatusOr<std::vector<plugins::Event>> ReadOutbox(plugins::Transaction& tx, int64_t count_max);

// The broker has the event.
absl::Status RemoveFromOutbox(plugins::Transaction& tx, const std::string& event_id);

}  // namespace pavane::booking

#endif  // PAVANE_PLUGINS_BOOKING_OUTBOX_H_
