// An e-mail as text (RFC 5322). Pure.
#ifndef PAVANE_PLUGINS_NOTIFICATION_EMAIL_MESSAGE_H_
#define PAVANE_PLUGINS_NOTIFICATION_EMAIL_MESSAGE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace pavane::notification {

struct Email {
  std::string from;  // `Name <address>` or an address
  std::string to;    // an address
  std::string subject;
  std::string text;        // UTF-8, lines end with \n
  std::string message_id;  // without angle brackets: UUID@domain
  absl::Time date;
};

// The address within `Name <address>`, or the text itself.
std::string AddressOf(const std::string& mailbox);

// InvalidArgument unless it is one plausible address; keeps line breaks and lists out of headers.
absl::Status CheckAddress(const std::string& address);

// Headers and body with CRLF line ends: subject encoded (RFC 2047) where it is not ASCII, the text
// as quoted-printable UTF-8. Line breaks in header values become spaces.
std::string ToMessage(const Email& email);

}  // namespace pavane::notification

#endif  // PAVANE_PLUGINS_NOTIFICATION_EMAIL_MESSAGE_H_
