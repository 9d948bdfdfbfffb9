// Sizes, durations and the like as people write them, and back.
//
// Every Print's text is read by its Parse as the same value.
#ifndef PAVANE_CONFIG_VALUE_TEXT_H_
#define PAVANE_CONFIG_VALUE_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace pavane::config {

// "4194304", "4MiB", "4 MiB"; units B, KiB, MiB, GiB, TiB and kB, MB, GB, TB.
absl::StatusOr<uint64_t> ParseSize(absl::string_view text);
std::string PrintSize(uint64_t bytes);

// "10m", "24h", "7d", "1h30m", "500ms", "0"; units d, h, m, s, ms, us, ns. Not negative.
absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text);
std::string PrintDuration(absl::Duration duration);

// "true", "yes", "on", "1" and their contraries.
absl::StatusOr<bool> ParseBool(absl::string_view text);

// A whole number, not negative; "1_000_000" is allowed.
absl::StatusOr<uint64_t> ParseInteger(absl::string_view text);

// A decimal number.
absl::StatusOr<double> ParseNumber(absl::string_view text);
std::string PrintNumber(double number);

}  // namespace pavane::config

#endif  // PAVANE_CONFIG_VALUE_TEXT_H_
