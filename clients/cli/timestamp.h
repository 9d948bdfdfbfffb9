// Points in time: as given on the command line, and as printed.
#ifndef PAVANE_CLIENTS_CLI_TIMESTAMP_H_
#define PAVANE_CLIENTS_CLI_TIMESTAMP_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace pavane::cli {

// RFC 3339 ("2026-11-23T06:00:00Z", fractions and offsets allowed), or a date alone (midnight UTC).
absl::StatusOr<absl::Time> ParseMoment(absl::string_view text);

// The same, or a duration, which means that long before `now`: `--since 1h`.
absl::StatusOr<absl::Time> ParseTime(absl::string_view text, absl::Time now);

// RFC 3339 with milliseconds: UTC with `Z`, or with the local offset. Empty for an absent
// timestamp.
std::string TimeText(absl::Time time, bool local);
std::string TimeText(const google::protobuf::Timestamp& time, bool local);

google::protobuf::Timestamp ToProto(absl::Time time);
absl::Time FromProto(const google::protobuf::Timestamp& time);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_TIMESTAMP_H_
