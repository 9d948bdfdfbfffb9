// What notification does with events: fills a template and sends it, once.
#ifndef PAVANE_PLUGINS_NOTIFICATION_NOTIFICATION_HANDLER_H_
#define PAVANE_PLUGINS_NOTIFICATION_NOTIFICATION_HANDLER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "plugins/common/clock.h"
#include "plugins/common/database.h"
#include "plugins/common/settlement.h"
#include "plugins/notification/sender.h"
#include "plugins/notification/template_book.h"

namespace pavane::notification {

// Remembers what was sent by (template, event source, event id). No transaction spans an SMTP
// server and a file: a crash between the two sends again, with the same key (Message-ID or the
// gateway's idempotency key), by which the far end can tell. Thread-safe.
class NotificationHandler {
 public:
  // A null sender means that its channel is not set up. The senders are owned.
  static absl::StatusOr<std::unique_ptr<NotificationHandler>> Open(const std::string& path,
                                                                   std::unique_ptr<Sender> mailer,
                                                                   std::unique_ptr<Sender> gateway,
                                                                   plugins::Clock clock);

  plugins::Settlement Handle(const Template& chosen, const plugins::Event& event);

  // UUIDv5 of template, event source and event id.
  static std::string KeyOf(const Template& chosen, const plugins::Event& event);

 private:
  NotificationHandler(std::unique_ptr<plugins::Database> database, std::unique_ptr<Sender> mailer,
                      std::unique_ptr<Sender> gateway, plugins::Clock clock);
  absl::StatusOr<bool> IsSent(const std::string& key);
  absl::Status MarkSent(const Template& chosen, const plugins::Event& event,
                        const Message& message);

  const std::unique_ptr<plugins::Database> database_;
  const std::unique_ptr<Sender> mailer_;
  const std::unique_ptr<Sender> gateway_;
  const plugins::Clock clock_;
};

}  // namespace pavane::notification

#endif  // PAVANE_PLUGINS_NOTIFICATION_NOTIFICATION_HANDLER_H_
