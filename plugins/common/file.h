// Small files read whole.
#ifndef PAVANE_PLUGINS_COMMON_FILE_H_
#define PAVANE_PLUGINS_COMMON_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace pavane::plugins {

// NotFound when the file cannot be opened; the message names it.
absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace pavane::plugins

#endif  // PAVANE_PLUGINS_COMMON_FILE_H_
