// The upper bounds of a retry policy, one for what a target says and for the broker's defaults.
#ifndef PAVANE_CONFIG_RETRY_BOUNDS_H_
#define PAVANE_CONFIG_RETRY_BOUNDS_H_

#include <cstdint>

#include "absl/time/time.h"

namespace pavane::config {

inline constexpr uint64_t kRetriesMax = 185;
inline constexpr absl::Duration kAgeMax = absl::Hours(24);
inline constexpr absl::Duration kBackoffMax = absl::Hours(24);
inline constexpr double kBackoffFactorMax = 10;

}  // namespace pavane::config

#endif  // PAVANE_CONFIG_RETRY_BOUNDS_H_
