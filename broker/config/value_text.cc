#include "config/value_text.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

#include "base/status_macros.h"

namespace pavane::config {
namespace {

struct Unit {
  absl::string_view name;
  uint64_t bytes;
};

// Binary ones first and rising: FormatSize takes the largest that divides.
constexpr Unit kUnits[] = {{"B", 1},
                           {"KiB", 1ull << 10},
                           {"MiB", 1ull << 20},
                           {"GiB", 1ull << 30},
                           {"TiB", 1ull << 40},
                           {"kB", 1'000},
                           {"MB", 1'000'000},
                           {"GB", 1'000'000'000},
                           {"TB", 1'000'000'000'000}};
constexpr size_t kBinaryUnits = 5;

absl::Status Expected(absl::string_view what, absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat("expected ", what, ", got '", text, "'"));
}

}  // namespace

absl::StatusOr<uint64_t> ParseSize(absl::string_view text) {
  absl::Status error = Expected("a size such as 4MiB", text);
  absl::string_view rest = absl::StripAsciiWhitespace(text);
  size_t digits = 0;
  while (digits < rest.size() && absl::ascii_isdigit(rest[digits])) ++digits;
  uint64_t number = 0;
  if (!absl::SimpleAtoi(rest.substr(0, digits), &number)) return error;
  absl::string_view name = absl::StripLeadingAsciiWhitespace(rest.substr(digits));
  if (name.empty()) return number;
  for (const Unit& unit : kUnits) {
    if (name != unit.name) continue;
    if (number > std::numeric_limits<uint64_t>::max() / unit.bytes) return error;
    return number * unit.bytes;
  }
  return error;
}

std::string PrintSize(uint64_t bytes) {
  if (bytes == 0) return "0";
  size_t unit = 0;
  while (unit + 1 < kBinaryUnits && bytes % kUnits[unit + 1].bytes == 0) ++unit;
  if (unit == 0) return absl::StrCat(bytes);
  return absl::StrCat(bytes / kUnits[unit].bytes, kUnits[unit].name);
}

absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text) {
  absl::Status error = Expected("a duration such as 30s, 10m, 24h or 7d", text);
  absl::string_view rest = absl::StripAsciiWhitespace(text);
  absl::Duration days = absl::ZeroDuration();
  std::pair<absl::string_view, absl::string_view> split =
      absl::StrSplit(rest, absl::MaxSplits('d', 1));
  if (rest.find('d') != absl::string_view::npos) {
    uint64_t count = 0;
    if (!absl::SimpleAtoi(split.first, &count) || count > 1'000'000) return error;
    days = absl::Hours(24) * static_cast<int64_t>(count);
    rest = split.second;
    if (rest.empty()) return days;
  }
  absl::Duration duration;
  if (!absl::ParseDuration(std::string(rest), &duration)) return error;
  if (duration < absl::ZeroDuration() || duration == absl::InfiniteDuration()) return error;
  return days + duration;
}

std::string PrintDuration(absl::Duration duration) {
  constexpr int64_t kDayHours = 24;
  int64_t days = duration / absl::Hours(kDayHours);
  absl::Duration rest = duration - days * absl::Hours(kDayHours);
  if (days > 1 && rest == absl::ZeroDuration()) return absl::StrCat(days, "d");
  // "10m0s" has the same meaning as "10m" and nobody writes it.
  std::string text = absl::FormatDuration(duration);
  if (absl::EndsWith(text, "m0s")) text.resize(text.size() - 2);
  if (absl::EndsWith(text, "h0m")) text.resize(text.size() - 2);
  return text;
}

absl::StatusOr<bool> ParseBool(absl::string_view text) {
  std::string lower = absl::AsciiStrToLower(absl::StripAsciiWhitespace(text));
  if (lower == "true" || lower == "yes" || lower == "on" || lower == "1") return true;
  if (lower == "false" || lower == "no" || lower == "off" || lower == "0") return false;
  return Expected("true or false", text);
}

absl::StatusOr<uint64_t> ParseInteger(absl::string_view text) {
  absl::string_view stripped = absl::StripAsciiWhitespace(text);
  std::string digits = absl::StrReplaceAll(stripped, {{"_", ""}});
  uint64_t number = 0;
  if (stripped.empty() || !absl::ascii_isdigit(stripped[0]) || !absl::SimpleAtoi(digits, &number)) {
    return Expected("a whole number", text);
  }
  return number;
}

absl::StatusOr<double> ParseNumber(absl::string_view text) {
  double number = 0;
  if (!absl::SimpleAtod(text, &number) || !std::isfinite(number)) return Expected("a number", text);
  return number;
}

std::string PrintNumber(double number) {
  char buffer[32];
  auto result = std::to_chars(buffer, buffer + sizeof(buffer), number);
  return std::string(buffer, result.ptr);
}

}  // namespace pavane::config
