// Each effect once, although deliveries may repeat.
#ifndef PAVANE_PLUGINS_COMMON_INBOX_H_
#define PAVANE_PLUGINS_COMMON_INBOX_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "plugins/common/database.h"
#include "plugins/common/event.h"

namespace pavane::plugins {

// Schema of the inbox: the first migration of every plugin's data file begins with it.
extern const char kInboxSchema[];

// What an effect does within its transaction; returns the events to emit. Their ids and sources
// are filled by the inbox.
using Effect = std::function<absl::StatusOr<std::vector<Event>>(Transaction&)>;

// Remembers handled events by (source, id) in the transaction that holds their effect, together
// with the emits: a repeated event has no second effect and gives the same emits with the same ids.
// Only effects that succeed are remembered; what was nacked or rejected is tried afresh, so that a
// redriven dead letter has its chance. Thread-safe, as Database is.
class Inbox {
 public:
  // `source` becomes the source of all emits. The database must outlive the inbox.
  Inbox(Database& database, std::string source);

  absl::StatusOr<std::vector<Event>> Once(const Event& event, const Effect& effect);

 private:
  absl::StatusOr<std::vector<Event>> OnceWithin(Transaction& tx, const Event& event,
                                                const Effect& effect);

  Database& database_;
  const std::string source_;
};

}  // namespace pavane::plugins

#endif  // PAVANE_PLUGINS_COMMON_INBOX_H_
