#include "event/duration.h"

#include <cstdint>

namespace pavane::event {

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

void SetDuration(absl::Duration duration, google::protobuf::Duration* out) {
  const int64_t us = absl::ToInt64Microseconds(duration);
  out->set_seconds(us / 1'000'000);
  out->set_nanos(static_cast<int32_t>(us % 1'000'000) * 1000);
}

}  // namespace pavane::event
