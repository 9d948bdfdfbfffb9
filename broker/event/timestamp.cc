#include "event/timestamp.h"

#include <algorithm>
#include <limits>

namespace pavane::event {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kNanosPerMicro = 1'000;
constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kSecondsMax = 253'402'300'799;  // the end of year 9999

// Nanoseconds of any int32 are some three seconds, either way.
constexpr int64_t kSecondsHeldMax = std::numeric_limits<int64_t>::max() / kMicrosPerSecond - 3;

}  // namespace

bool IsTimestamp(const google::protobuf::Timestamp& time) {
  return time.seconds() >= 0 && time.seconds() <= kSecondsMax && time.nanos() >= 0 &&
         time.nanos() < kNanosPerSecond;
}

int64_t ToMicros(const google::protobuf::Timestamp& time) {
  const int64_t seconds = std::clamp(time.seconds(), -kSecondsHeldMax, kSecondsHeldMax);
  const int64_t nanos = time.nanos();
  const int64_t below = nanos < 0 && nanos % kNanosPerMicro != 0 ? 1 : 0;
  return seconds * kMicrosPerSecond + nanos / kNanosPerMicro - below;
}

void SetTimestamp(int64_t us, google::protobuf::Timestamp* time) {
  time->set_seconds(us / kMicrosPerSecond);
  time->set_nanos(static_cast<int32_t>(us % kMicrosPerSecond * kNanosPerMicro));
}

}  // namespace pavane::event
