#ifndef PAVANE_CLIENTS_CPP_RESULT_H_
#define PAVANE_CLIENTS_CPP_RESULT_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pavane/event.h"

namespace pavane {
inline namespace client {

// What a handler says became of its delivery. Made by Ack, Nack, Reject and Release below.
struct [[nodiscard]] Result {
  enum class Outcome { kAck, kNack, kReject, kRelease };

  Outcome outcome;
  // Ack and reject: follow-up events, appended in the same commit.
  std::vector<PublishEntry> emits;
  // Nack: replaces the back-off.
  std::optional<std::chrono::milliseconds> delay;
  // Nack and reject.
  std::string code;
  std::string message;
};

// Done. The events are appended in the same commit, or the delivery comes again.
//
//   return Ack({Event("SeatAssigned").SetJson(json)});
Result Ack(std::vector<PublishEntry> emits = {});

// Failed for now: the broker tries again by its back-off, or after `delay` (at most 24 hours).
// `code` is UPPER_SNAKE by custom; codes that the rule's retry policy lists as non-retryable go
// straight to the dead letters.
Result Nack(std::string_view code, std::string_view message);
Result Nack(std::chrono::milliseconds delay, std::string_view code, std::string_view message);

// Failed for good: to the dead letters. The events are appended in the same commit.
Result Reject(std::string_view code, std::string_view message,
              std::vector<PublishEntry> emits = {});

// Given back untried; no attempt is counted.
Result Release();

}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_RESULT_H_
