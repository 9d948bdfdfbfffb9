#ifndef PAVANE_CLIENTS_CPP_SRC_DURATIONS_H_
#define PAVANE_CLIENTS_CPP_SRC_DURATIONS_H_

#include <chrono>

#include <google/protobuf/util/time_util.h>

namespace pavane {
inline namespace client {
namespace internal {

// Between protobuf's times and the standard library's.

inline google::protobuf::Duration ToMessage(std::chrono::milliseconds duration) {
  return google::protobuf::util::TimeUtil::MillisecondsToDuration(duration.count());
}

inline std::chrono::milliseconds FromMessage(const google::protobuf::Duration& duration) {
  return std::chrono::milliseconds(
      google::protobuf::util::TimeUtil::DurationToMilliseconds(duration));
}

inline google::protobuf::Timestamp ToMessage(std::chrono::system_clock::time_point time) {
  return google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count());
}

inline std::chrono::system_clock::time_point FromMessage(const google::protobuf::Timestamp& time) {
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::microseconds(
          google::protobuf::util::TimeUtil::TimestampToMicroseconds(time))));
}

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_DURATIONS_H_
