// Text messages through an HTTP gateway.
#ifndef PAVANE_PLUGINS_NOTIFICATION_SMS_GATEWAY_H_
#define PAVANE_PLUGINS_NOTIFICATION_SMS_GATEWAY_H_

#include <string>

#include "absl/time/time.h"

#include "plugins/notification/sender.h"

namespace pavane::notification {

struct SmsOptions {
  std::string url;  // http:// or https://
  std::string key_header = "Idempotency-Key";
  std::string authorization;  // value of the Authorization header; empty: none
  std::string ca_file;        // empty: the system's
  absl::Duration timeout = absl::Seconds(30);
};

// Posts {"to": ..., "text": ...} with the message's key in a header. 2xx: sent. 4xx other than 401,
// 403, 408, 425 and 429: refused for good. All else is tried again.
class SmsGateway : public Sender {
 public:
  explicit SmsGateway(SmsOptions options);
  absl::Status Send(const Message& message) override;

 private:
  const SmsOptions options_;
};

}  // namespace pavane::notification

#endif  // PAVANE_PLUGINS_NOTIFICATION_SMS_GATEWAY_H_
