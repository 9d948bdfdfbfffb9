// What sends one message to one recipient.
#ifndef PAVANE_PLUGINS_NOTIFICATION_SENDER_H_
#define PAVANE_PLUGINS_NOTIFICATION_SENDER_H_

#include <string>

#include "absl/status/status.h"

namespace pavane::notification {

struct Message {
  std::string to;
  std::string subject;  // not used by all senders
  std::string text;
  // A UUID that names this message for ever: sent twice, the far end can tell.
  std::string key;
};

// Thread-safe. How a failure is answered is told by its code:
//   InvalidArgument    this message is refused for good; a repeat would be refused as well
//   anything else      not now (connection, time, 4xx of SMTP, overload): try again
// The message says what the far end said.
class Sender {
 public:
  virtual ~Sender() = default;
  virtual absl::Status Send(const Message& message) = 0;
};

}  // namespace pavane::notification

#endif  // PAVANE_PLUGINS_NOTIFICATION_SENDER_H_
