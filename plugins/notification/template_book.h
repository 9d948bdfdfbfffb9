// The templates of a notification service.
#ifndef PAVANE_PLUGINS_NOTIFICATION_TEMPLATE_BOOK_H_
#define PAVANE_PLUGINS_NOTIFICATION_TEMPLATE_BOOK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "plugins/notification/text_template.h"

namespace pavane::notification {

enum class Channel { kEmail, kSms };

// What to tell whom about which events. Each template becomes a rule of the service, so that an
// event with two templates gives two deliveries, each with its own retries.
struct Template {
  std::string name;     // unique in the book
  std::string event;    // event type; `*` stands for any characters
  std::string pattern;  // the rule's pattern: made from `event`, or the template's own
  Channel channel = Channel::kEmail;
  TextTemplate to;
  TextTemplate subject;  // of e-mails
  TextTemplate text;
};

struct TemplateBook {
  // Raise it with every change of names, events or patterns.
  uint64_t version = 1;
  std::vector<Template> templates;
};

// From YAML:
//   version: 1
//   templates:
//     - name: ticket-mail
//       event: TicketIssued
//       pattern: {detail: {trip: {cabin: [business]}}}   # optional, narrows the event type
//       channel: email                                   # or sms
//       to: "{{passenger.email}}"
//       subject: "Your ticket {{ticket_number}}"
//       text: "..."
// InvalidArgument names the template and what is wrong with it.
absl::StatusOr<TemplateBook> ParseTemplateBook(const std::string& yaml);

}  // namespace pavane::notification

#endif  // PAVANE_PLUGINS_NOTIFICATION_TEMPLATE_BOOK_H_
