// What format 2 added: ordering keys, in the commit record, in runs, in exceptions, dead letters
// and target states. Written after the content of format 1.
#ifndef PAVANE_TESTS_GOLDEN_GOLDEN_ORDERING_H_
#define PAVANE_TESTS_GOLDEN_GOLDEN_ORDERING_H_

#include "absl/status/status.h"

#include "store/log.h"

namespace pavane::testing {

absl::Status WriteGoldenOrdering(store::Log& log);

// Internal with the first difference.
absl::Status CheckGoldenOrdering(const store::Log& log);

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_GOLDEN_GOLDEN_ORDERING_H_
