#ifndef PAVANE_EVENT_TIMESTAMP_H_
#define PAVANE_EVENT_TIMESTAMP_H_

#include <cstdint>

#include "google/protobuf/timestamp.pb.h"

namespace pavane::event {

/// Whether `time` is one of the years 1970 to 9999, with nanoseconds below one second: what
/// protobuf's Timestamp may hold, from 1970 on.
bool IsTimestamp(const google::protobuf::Timestamp& time);

/// Microseconds since 1970, rounded down. A time that no int64 can hold gives the nearest one:
/// calls that select by time need not refuse it.
int64_t ToMicros(const google::protobuf::Timestamp& time);

/// `us`: microseconds since 1970, not negative.
void SetTimestamp(int64_t us, google::protobuf::Timestamp* time);

}  // namespace pavane::event

#endif  // PAVANE_EVENT_TIMESTAMP_H_
