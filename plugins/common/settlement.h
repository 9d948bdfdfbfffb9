// What a plugin's logic answers to one delivered event, before the transport speaks.
#ifndef PAVANE_PLUGINS_COMMON_SETTLEMENT_H_
#define PAVANE_PLUGINS_COMMON_SETTLEMENT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "plugins/common/event.h"

namespace pavane::plugins {

struct Settlement {
  enum class Kind { kAck, kNack, kReject };

  static Settlement Ack(std::vector<Event> emits = {});
  // Failed for now: deliver again.
  static Settlement Nack(std::string code, std::string message);
  // Failed for good: to the dead letters.
  static Settlement Reject(std::string code, std::string message);
  // The emits of an effect, or how its failure is answered: an event that cannot be understood
  // (InvalidArgument, NotFound) is rejected, since a repeat would be no better; all else is nacked.
  static Settlement From(absl::StatusOr<std::vector<Event>> emits);

  Kind kind = Kind::kAck;
  std::vector<Event> emits;  // of an ack
  std::string code;
  std::string message;
};

}  // namespace pavane::plugins

#endif  // PAVANE_PLUGINS_COMMON_SETTLEMENT_H_
