#include "plugins/notification/notification_handler.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "pavane/uuid.h"

namespace pavane::notification {
namespace {

using plugins::Event;
using plugins::Row;
using plugins::Settlement;
using plugins::Transaction;

constexpr char kSchema[] =
    "CREATE TABLE sent (key TEXT PRIMARY KEY, template TEXT NOT NULL, source TEXT NOT NULL,"
    " id TEXT NOT NULL, recipient TEXT NOT NULL, sent_at INTEGER NOT NULL,"
    " UNIQUE (template, source, id)) WITHOUT ROWID;";

absl::StatusOr<Message> Fill(const Template& chosen, const Event& event) {
  Message message;
  ASSIGN_OR_RETURN(message.to, chosen.to.Fill(event));
  ASSIGN_OR_RETURN(message.subject, chosen.subject.Fill(event));
  ASSIGN_OR_RETURN(message.text, chosen.text.Fill(event));
  message.key = NotificationHandler::KeyOf(chosen, event);
  return message;
}

Settlement Refused(const Template& chosen, const absl::Status& status) {
  const std::string prefix = chosen.channel == Channel::kEmail ? "SMTP" : "SMS";
  std::string message(status.message());
  return absl::IsInvalidArgument(status)
             ? Settlement::Reject(absl::StrCat(prefix, "_REFUSED"), std::move(message))
             : Settlement::Nack(absl::StrCat(prefix, "_UNAVAILABLE"), std::move(message));
}

}  // namespace

absl::StatusOr<std::unique_ptr<NotificationHandler>> NotificationHandler::Open(
    const std::string& path, std::unique_ptr<Sender> mailer, std::unique_ptr<Sender> gateway,
    plugins::Clock clock) {
  ASSIGN_OR_RETURN(std::unique_ptr<plugins::Database> database,
                   plugins::Database::Open(path, {kSchema}));
  return std::unique_ptr<NotificationHandler>(new NotificationHandler(
      std::move(database), std::move(mailer), std::move(gateway), std::move(clock)));
}

NotificationHandler::NotificationHandler(std::unique_ptr<plugins::Database> database,
                                         std::unique_ptr<Sender> mailer,
                                         std::unique_ptr<Sender> gateway, plugins::Clock clock)
    : database_(std::move(database)),
      mailer_(std::move(mailer)),
      gateway_(std::move(gateway)),
      clock_(std::move(clock)) {}

std::string NotificationHandler::KeyOf(const Template& chosen, const Event& event) {
  return pavane::NamedUuid(absl::StrCat(chosen.name, "\n", event.source, "\n", event.id));
}

Settlement NotificationHandler::Handle(const Template& chosen, const Event& event) {
  Sender* sender = chosen.channel == Channel::kEmail ? mailer_.get() : gateway_.get();
  if (sender == nullptr) return Settlement::Nack("CHANNEL_NOT_SET_UP", "no sender for the channel");
  const absl::StatusOr<Message> message = Fill(chosen, event);
  if (!message.ok()) {
    return Settlement::Reject("TEMPLATE_NOT_FILLED", std::string(message.status().message()));
  }
  const absl::StatusOr<bool> sent = IsSent(message->key);
  if (!sent.ok()) return Settlement::Nack("STORE_FAILED", std::string(sent.status().message()));
  if (*sent) return Settlement::Ack();
  if (absl::Status status = sender->Send(*message); !status.ok()) return Refused(chosen, status);
  if (absl::Status status = MarkSent(chosen, event, *message); !status.ok()) {
    return Settlement::Nack("STORE_FAILED", std::string(status.message()));
  }
  return Settlement::Ack();
}

absl::StatusOr<bool> NotificationHandler::IsSent(const std::string& key) {
  return database_->InTransaction([&](Transaction& tx) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(std::vector<Row> rows, tx.Query("SELECT 1 FROM sent WHERE key = ?", key));
    return !rows.empty();
  });
}

// Two deliveries of one event at one time may both have sent; the second finds the row there.
absl::Status NotificationHandler::MarkSent(const Template& chosen, const Event& event,
                                           const Message& message) {
  return database_->InTransaction([&](Transaction& tx) -> absl::Status {
    return tx
        .Run(
            "INSERT INTO sent (key, template, source, id, recipient, sent_at)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            message.key, chosen.name, event.source, event.id, message.to,
            absl::ToUnixMicros(clock_()))
        .status();
  });
}

}  // namespace pavane::notification
