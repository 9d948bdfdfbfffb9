#ifndef PAVANE_DELIVERY_DEAD_LETTER_H_
#define PAVANE_DELIVERY_DEAD_LETTER_H_

#include <string>

#include "absl/strings/string_view.h"

#include "delivery/next.h"
#include "delivery/target_queue.h"
#include "event/stored_event.h"
#include "store/commit_record.h"
#include "targets/session.h"

namespace pavane::delivery {

inline constexpr size_t kErrorCodeBytesMax = 128;
inline constexpr size_t kErrorMessageBytesMax = 1024;

/// What an attempt's end says of itself, for exception records and dead letters.
struct AttemptError {
  std::string code;
  std::string message;
};

/// At most `bytes_max` bytes, cut between characters.
std::string CutUtf8(absl::string_view text, size_t bytes_max);

/// The dead letter of a delivery given up: names as they are now, and what lists filter by.
store::DeadLetterRecord MakeDeadLetter(const store::DeliveryRef& ref,
                                       const targets::TargetNames& names,
                                       const event::StoredEvent& event, const Decision& decision,
                                       const AttemptError& error, int64_t first_attempt_us,
                                       int64_t last_attempt_us, int64_t now_us);

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_DEAD_LETTER_H_
