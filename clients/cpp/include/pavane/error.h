#ifndef PAVANE_CLIENTS_CPP_ERROR_H_
#define PAVANE_CLIENTS_CPP_ERROR_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "pavane/v1/errors.pb.h"

namespace pavane {
inline namespace client {

// What went wrong with one event, one settlement or one call; or, default constructed, nothing. A
// plain value.
struct [[nodiscard]] Error {
  bool ok() const { return code == 0; }

  // Name of the reason (`OVERLOADED`), empty if there is none.
  std::string_view reason_name() const;

  // One line for people: `RESOURCE_EXHAUSTED OVERLOADED: message`, or `OK`.
  std::string ToString() const;

  // google.rpc.Code, the same numbers as gRPC's status codes. 0: no error.
  int code = 0;
  // Stable reason of the broker. REASON_UNSPECIFIED where the broker gave none (say, it was not
  // reached).
  pavane::v1::Reason reason = pavane::v1::REASON_UNSPECIFIED;
  // What happened and what to do, for people.
  std::string message;
  // Set when a later try may succeed: not before this much time.
  std::optional<std::chrono::milliseconds> retry_after;
};

}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_ERROR_H_
