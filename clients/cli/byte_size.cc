#include "clients/cli/byte_size.h"

#include <array>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "clients/cli/status.h"

namespace pavane::cli {
namespace {

struct Unit {
  absl::string_view name;
  uint64_t bytes;
};

constexpr std::array<Unit, 10> kUnits = {{{"", 1},
                                          {"B", 1},
                                          {"kB", 1000},
                                          {"MB", 1000'000},
                                          {"GB", 1000'000'000},
                                          {"TB", 1000'000'000'000},
                                          {"KiB", uint64_t{1} << 10},
                                          {"MiB", uint64_t{1} << 20},
                                          {"GiB", uint64_t{1} << 30},
                                          {"TiB", uint64_t{1} << 40}}};

}  // namespace

absl::StatusOr<uint64_t> ParseByteSize(absl::string_view text) {
  size_t digits = 0;
  while (digits < text.size() && absl::ascii_isdigit(text[digits])) ++digits;
  absl::string_view name = absl::StripAsciiWhitespace(text.substr(digits));
  uint64_t number;
  if (absl::SimpleAtoi(text.substr(0, digits), &number)) {
    for (const Unit& unit : kUnits) {
      if (unit.name != name) continue;
      if (number > std::numeric_limits<uint64_t>::max() / unit.bytes) break;
      return number * unit.bytes;
    }
  }
  return UsageError(
      absl::StrCat("'", text, "' is not a size; write one like 512MiB, 10GB or 1048576"));
}

std::string FormatByteSize(uint64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  static constexpr std::array<const char*, 4> kNames = {"KiB", "MiB", "GiB", "TiB"};
  double size = static_cast<double>(bytes) / 1024;
  size_t i = 0;
  while (size >= 1024 && i + 1 < kNames.size()) {
    size /= 1024;
    ++i;
  }
  return absl::StrFormat("%.1f %s", size, kNames[i]);
}

}  // namespace pavane::cli
