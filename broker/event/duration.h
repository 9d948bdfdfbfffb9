#ifndef PAVANE_EVENT_DURATION_H_
#define PAVANE_EVENT_DURATION_H_

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"

namespace pavane::event {

/// Of any values: seconds and nanoseconds are added.
absl::Duration ToDuration(const google::protobuf::Duration& duration);

/// To the microsecond; `duration` is finite.
void SetDuration(absl::Duration duration, google::protobuf::Duration* out);

}  // namespace pavane::event

#endif  // PAVANE_EVENT_DURATION_H_
