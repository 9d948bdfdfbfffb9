// Where a new target begins: as given on the command line and in rule files, and as printed.
#ifndef PAVANE_CLIENTS_CLI_START_POSITION_H_
#define PAVANE_CLIENTS_CLI_START_POSITION_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "pavane/v1/policy.pb.h"

namespace pavane::cli {

// `latest`, `earliest`, a sequence, or a time as ParseTime() takes it.
absl::StatusOr<pavane::v1::StartPosition> ParseStartPosition(absl::string_view text,
                                                             absl::Time now);

// "sequence 17"; empty when it is not set.
std::string StartPositionText(const pavane::v1::StartPosition& start, bool local);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_START_POSITION_H_
