#include "clients/cli/start_position.h"

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "clients/cli/status.h"
#include "clients/cli/timestamp.h"

namespace pavane::cli {

using ::pavane::v1::StartPosition;

absl::StatusOr<StartPosition> ParseStartPosition(absl::string_view text, absl::Time now) {
  StartPosition start;
  uint64_t sequence = 0;
  if (text == "latest") {
    start.set_latest(true);
  } else if (text == "earliest") {
    start.set_earliest(true);
  } else if (absl::SimpleAtoi(text, &sequence)) {
    start.set_sequence(sequence);
  } else if (const absl::StatusOr<absl::Time> time = ParseTime(text, now); time.ok()) {
    *start.mutable_time() = ToProto(*time);
  } else {
    return UsageError(absl::StrCat("'", text, "' is no start; write latest, earliest, a sequence, ",
                                   "a time like 2026-11-23T06:00:00Z, or a duration back from now ",
                                   "like 1h"));
  }
  return start;
}

std::string StartPositionText(const StartPosition& start, bool local) {
  switch (start.position_case()) {
    case StartPosition::kLatest:
      return "latest";
    case StartPosition::kEarliest:
      return "earliest";
    case StartPosition::kSequence:
      return absl::StrCat("sequence ", start.sequence());
    case StartPosition::kTime:
      return TimeText(start.time(), local);
    case StartPosition::POSITION_NOT_SET:
      break;
  }
  return "";
}

}  // namespace pavane::cli
