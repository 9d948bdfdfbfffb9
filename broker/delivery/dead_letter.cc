#include "delivery/dead_letter.h"

#include "io/cloudevents/v1/cloudevents.pb.h"

namespace pavane::delivery {

std::string CutUtf8(absl::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end));
}

store::DeadLetterRecord MakeDeadLetter(const store::DeliveryRef& ref,
                                       const targets::TargetNames& names,
                                       const event::StoredEvent& event, const Decision& decision,
                                       const AttemptError& error, int64_t first_attempt_us,
                                       int64_t last_attempt_us, int64_t now_us) {
  store::DeadLetterRecord letter;
  letter.ref = ref;
  letter.reason = decision.reason;
  letter.error_code = error.code;
  letter.error_message = error.message;
  letter.attempts = decision.attempts;
  letter.exhausted_condition = std::string(decision.exhausted_condition);
  letter.first_attempt_us = first_attempt_us;
  letter.last_attempt_us = last_attempt_us;
  letter.dead_us = now_us;
  letter.bus = names.bus;
  letter.rule = names.rule;
  letter.target = names.target;
  letter.target_address = names.address;
  io::cloudevents::v1::CloudEvent cloud_event;
  if (cloud_event.ParseFromString(event.bytes)) {
    letter.event_id = cloud_event.id();
    letter.event_source = cloud_event.source();
    letter.event_type = cloud_event.type();
    const auto correlation = cloud_event.attributes().find("correlationid");
    if (correlation != cloud_event.attributes().end()) {
      letter.correlation_id = correlation->second.ce_string();
    }
  }
  return letter;
}

}  // namespace pavane::delivery
