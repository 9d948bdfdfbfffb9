#ifndef PAVANE_STORE_DAMAGE_REPORT_H_
#define PAVANE_STORE_DAMAGE_REPORT_H_

#include <string>

#include "absl/status/status.h"

namespace pavane::store {

/// Adds to a refusal of a start which files do not read back, and where. Reads the manifest, the
/// write-ahead logs and all tables whole, so only on the way to refusing.
absl::Status WithDamagedFiles(const absl::Status& refusal, const std::string& directory);

}  // namespace pavane::store

#endif  // PAVANE_STORE_DAMAGE_REPORT_H_
