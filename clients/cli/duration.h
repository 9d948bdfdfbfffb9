// Durations as people write them: 250ms, 10s, 1.5h, 7d, 1h30m.
#ifndef PAVANE_CLIENTS_CLI_DURATION_H_
#define PAVANE_CLIENTS_CLI_DURATION_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"

namespace pavane::cli {

// One or more of NUMBER UNIT, units ms, s, m, h, d, w, largest first and each at most once; or `0`.
// Not negative, at most 10,000 years, so that every result fits a protobuf duration.
absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text);

// The two largest units that matter: "1h30m", "7d", "12.5s", "250ms", "0s".
std::string DurationText(absl::Duration duration);

google::protobuf::Duration ToProto(absl::Duration duration);
absl::Duration FromProto(const google::protobuf::Duration& duration);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_DURATION_H_
