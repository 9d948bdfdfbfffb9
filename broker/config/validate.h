// What no single key can see: whether the values fit together.
#ifndef PAVANE_CONFIG_VALIDATE_H_
#define PAVANE_CONFIG_VALIDATE_H_

#include "absl/status/status.h"

#include "config/config.h"

namespace pavane::config {

// The first contradiction found, with the keys that are in it.
absl::Status Validate(const Config& config);

}  // namespace pavane::config

#endif  // PAVANE_CONFIG_VALIDATE_H_
