#include "plugins/booking/outbox.h"

#include <utility>

namespace pavane::booking {

using plugins::Event;
using plugins::Row;
using plugins::Transaction;

const char kOutboxSchema[] =
    "CREATE TABLE outbox (position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
    " source TEXT NOT NULL, type TEXT NOT NULL, subject TEXT NOT NULL, flow TEXT NOT NULL,"
    " data TEXT NOT NULL);";

absl::Status AppendToOutbox(Transaction& tx, const Event& event) {
  return tx
      .Run("INSERT INTO outbox (id, source, type, subject, flow, data) VALUES (?, ?, ?, ?, ?, ?)",
           event.id, event.source, event.type, event.subject, event.flow,
           plugins::ToText(event.data))
      .status();
}

absl::StatusOr<std::vector<Event>> ReadOutbox(Transaction& tx, int64_t count_max) {
  ASSIGN_OR_RETURN(std::vector<Row> rows,
                   tx.Query("SELECT id, source, type, subject, flow, data FROM outbox"
                            " ORDER BY position LIMIT ?",
                            count_max));
  std::vector<Event> events;
  for (const Row& row : rows) {
    Event event;
    event.id = row.Text(0);
    event.source = row.Text(1);
    event.type = row.Text(2);
    event.subject = row.Text(3);
    event.flow = row.Text(4);
    ASSIGN_OR_RETURN(event.data, plugins::ParseJson(row.Text(5)));
    events.push_back(std::move(event));
  }
  return events;
}

absl::Status RemoveFromOutbox(Transaction& tx, const std::string& event_id) {
  return tx.Run("DELETE FROM outbox WHERE id = ?", event_id).status();
}

}  // namespace pavane::booking
