// E-mail over SMTP.
#ifndef PAVANE_PLUGINS_NOTIFICATION_SMTP_MAILER_H_
#define PAVANE_PLUGINS_NOTIFICATION_SMTP_MAILER_H_

#include <string>

#include "absl/time/time.h"

#include "plugins/common/clock.h"
#include "plugins/notification/sender.h"

namespace pavane::notification {

struct SmtpOptions {
  enum class Tls { kNever, kIfOffered, kRequired };

  std::string url = "smtp://127.0.0.1:25";  // smtps:// speaks TLS from the start
  std::string sender = "Pavane <pavane@localhost>";
  std::string message_id_domain = "pavane.invalid";
  Tls tls = Tls::kIfOffered;  // STARTTLS
  std::string ca_file;        // empty: the system's
  std::string user;           // empty: no authentication
  std::string password;
  absl::Duration timeout = absl::Seconds(30);
};

// One connection per e-mail. 5xx answers to sender, recipient or text are for good; refused
// credentials and certificates are not the e-mail's fault and are tried again.
class SmtpMailer : public Sender {
 public:
  SmtpMailer(SmtpOptions options, plugins::Clock clock);
  absl::Status Send(const Message& message) override;

 private:
  const SmtpOptions options_;
  const plugins::Clock clock_;
};

}  // namespace pavane::notification

#endif  // PAVANE_PLUGINS_NOTIFICATION_SMTP_MAILER_H_
