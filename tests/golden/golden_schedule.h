// What format 2 added later: scheduled events and fills. In the golden store v2-schedule, after
// ordering.
#ifndef PAVANE_TESTS_GOLDEN_GOLDEN_SCHEDULE_H_
#define PAVANE_TESTS_GOLDEN_GOLDEN_SCHEDULE_H_

#include "absl/status/status.h"

#include "store/log.h"

namespace pavane::testing {

// The part that is flushed to table files, then one that stays in the write-ahead log.
absl::Status WriteGoldenSchedule(store::Log& log);
absl::Status WriteGoldenScheduleTail(store::Log& log);

// Internal with the first difference.
absl::Status CheckGoldenSchedule(const store::Log& log);

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_GOLDEN_GOLDEN_SCHEDULE_H_
