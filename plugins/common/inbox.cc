#include "plugins/common/inbox.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

#include "pavane/uuid.h"

namespace pavane::plugins {
namespace {

Json ToJson(const std::vector<Event>& emits) {
  Json list = Json::array();
  for (const Event& emit : emits) {
    list.push_back({{"id", emit.id},
                    {"source", emit.source},
                    {"type", emit.type},
                    {"subject", emit.subject},
                    {"data", emit.data}});
  }
  return list;
}

std::vector<Event> FromJson(const Json& list) {
  std::vector<Event> emits;
  for (const Json& item : list) {
    Event emit;
    emit.id = GetStringOr(item, "id", "");
    emit.source = GetStringOr(item, "source", "");
    emit.type = GetStringOr(item, "type", "");
    emit.subject = GetStringOr(item, "subject", "");
    emit.data = item.value("data", Json::object());
    emits.push_back(std::move(emit));
  }
  return emits;
}

}  // namespace

const char kInboxSchema[] =
    "CREATE TABLE inbox (source TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,"
    " emits TEXT NOT NULL, handled_at INTEGER NOT NULL, PRIMARY KEY (source, id)) WITHOUT ROWID;";

Inbox::Inbox(Database& database, std::string source)
    : database_(database), source_(std::move(source)) {}

absl::StatusOr<std::vector<Event>> Inbox::Once(const Event& event, const Effect& effect) {
  return database_.InTransaction([&](Transaction& tx) { return OnceWithin(tx, event, effect); });
}

absl::StatusOr<std::vector<Event>> Inbox::OnceWithin(Transaction& tx, const Event& event,
                                                     const Effect& effect) {
  ASSIGN_OR_RETURN(
      std::vector<Row> known,
      tx.Query("SELECT emits FROM inbox WHERE source = ? AND id = ?", event.source, event.id));
  if (!known.empty()) {
    ASSIGN_OR_RETURN(Json emits, ParseJson(known[0].Text(0)));
    return FromJson(emits);
  }
  ASSIGN_OR_RETURN(std::vector<Event> emits, effect(tx));
  for (size_t i = 0; i < emits.size(); ++i) {
    emits[i].source = source_;
    emits[i].id =
        pavane::NamedUuid(absl::StrCat(source_, "\n", event.source, "\n", event.id, "\n", i));
  }
  RETURN_IF_ERROR(tx.Run(
      "INSERT INTO inbox (source, id, type, emits, handled_at) VALUES (?, ?, ?, ?, ?)",
      event.source, event.id, event.type, ToText(ToJson(emits)), absl::ToUnixMicros(absl::Now())));
  return emits;
}

}  // namespace pavane::plugins
