#include "clients/cli/timestamp.h"

#include <cstdint>

#include "absl/strings/str_cat.h"

#include "clients/cli/duration.h"
#include "clients/cli/status.h"

namespace pavane::cli {

absl::StatusOr<absl::Time> ParseMoment(absl::string_view text) {
  std::string error;
  absl::Time time;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return time;
  if (absl::ParseTime("%Y-%m-%d", text, absl::UTCTimeZone(), &time, &error)) return time;
  return UsageError(absl::StrCat("'", text, "' is not a moment; write RFC 3339 like ",
                                 "2026-11-23T06:00:00Z, or a date"));
}

absl::StatusOr<absl::Time> ParseTime(absl::string_view text, absl::Time now) {
  const absl::StatusOr<absl::Time> moment = ParseMoment(text);
  if (moment.ok()) return moment;
  absl::StatusOr<absl::Duration> ago = ParseDuration(text);
  if (ago.ok()) return now - *ago;
  return UsageError(
      absl::StrCat("'", text, "' is not a time; write RFC 3339 like ",
                   "2026-11-23T06:00:00Z, a date, or a duration back from now like 1h"));
}

std::string TimeText(absl::Time time, bool local) {
  if (local) return absl::FormatTime("%Y-%m-%dT%H:%M:%E3S%Ez", time, absl::LocalTimeZone());
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

std::string TimeText(const google::protobuf::Timestamp& time, bool local) {
  if (time.seconds() == 0 && time.nanos() == 0) return "";
  return TimeText(FromProto(time), local);
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  // Floor, so that nanos are never negative, before 1970 too.
  int64_t seconds = absl::ToUnixSeconds(time);
  google::protobuf::Timestamp proto;
  proto.set_seconds(seconds);
  proto.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return proto;
}

absl::Time FromProto(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

}  // namespace pavane::cli
