// What a golden store holds, made and checked by the same description.
#ifndef PAVANE_TESTS_GOLDEN_GOLDEN_CONTENT_H_
#define PAVANE_TESTS_GOLDEN_GOLDEN_CONTENT_H_

#include "absl/status/status.h"

#include "store/log.h"

namespace pavane::testing {

// Fills an empty store with every kind of record, in every encoding that the format knows: first
// the part that the maker flushes to table files, then one that stays in the write-ahead log.
absl::Status WriteGoldenTables(store::Log& log);
absl::Status WriteGoldenTail(store::Log& log);

// Internal with the first difference.
absl::Status CheckGoldenContent(const store::Log& log);

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_GOLDEN_GOLDEN_CONTENT_H_
