#ifndef PAVANE_TESTS_BENCH_PARSE_LIMIT_H_
#define PAVANE_TESTS_BENCH_PARSE_LIMIT_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace pavane::bench {

/// What simdjson on-demand needs to walk one JSON text of `size` bytes, which at least 64 readable
/// bytes follow. It does no matching: it is the measure that a matcher's speed is compared with.
/// The results only keep the compiler from leaving the work out.

/// Finds the string at the two names, one inside the other.
uint64_t ParseOneField(absl::string_view json, absl::string_view first, absl::string_view second);
/// Visits every scalar and leaves it as text.
uint64_t ParseEveryLeafRaw(absl::string_view json);
/// Visits every scalar, decodes its escapes or makes it a double.
uint64_t ParseEveryLeafDecoded(absl::string_view json);

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_PARSE_LIMIT_H_
