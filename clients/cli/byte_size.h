// Sizes in bytes as people write them: 512MiB, 10GB, 1048576.
#ifndef PAVANE_CLIENTS_CLI_BYTE_SIZE_H_
#define PAVANE_CLIENTS_CLI_BYTE_SIZE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pavane::cli {

// A whole number with an optional unit: B, kB, MB, GB, TB (thousands), KiB, MiB, GiB, TiB.
absl::StatusOr<uint64_t> ParseByteSize(absl::string_view text);

// In the largest binary unit that gives at least 1, with one decimal: "1.5 GiB", "512 B".
std::string FormatByteSize(uint64_t bytes);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_BYTE_SIZE_H_
