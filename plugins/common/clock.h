// The time as a constructor argument, so that tests choose it.
#ifndef PAVANE_PLUGINS_COMMON_CLOCK_H_
#define PAVANE_PLUGINS_COMMON_CLOCK_H_

#include <functional>

#include "absl/time/time.h"

namespace pavane::plugins {

using Clock = std::function<absl::Time()>;

}  // namespace pavane::plugins

#endif  // PAVANE_PLUGINS_COMMON_CLOCK_H_
