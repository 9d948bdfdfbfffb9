#include "clients/cli/duration.h"

#include <array>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "clients/cli/status.h"

namespace pavane::cli {
namespace {

struct Unit {
  const char* name;
  absl::Duration length;
};

// Largest first: the order in which a text may use them.
const std::array<Unit, 6>& Units() {
  static const auto* const units = new std::array<Unit, 6>{{{"w", absl::Hours(7 * 24)},
                                                            {"d", absl::Hours(24)},
                                                            {"h", absl::Hours(1)},
                                                            {"m", absl::Minutes(1)},
                                                            {"s", absl::Seconds(1)},
                                                            {"ms", absl::Milliseconds(1)}}};
  return *units;
}

absl::Status BadDuration(absl::string_view text) {
  return UsageError(absl::StrCat("'", text, "' is not a duration; write one like 250ms, 30s, 10m, ",
                                 "1h30m, 24h or 7d"));
}

absl::string_view TakeWhile(absl::string_view& text, bool (*wanted)(unsigned char)) {
  size_t length = 0;
  while (length < text.size() && wanted(static_cast<unsigned char>(text[length]))) ++length;
  absl::string_view taken = text.substr(0, length);
  text.remove_prefix(length);
  return taken;
}

bool IsNumberPart(unsigned char c) { return absl::ascii_isdigit(c) || c == '.'; }

}  // namespace

absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text) {
  if (text == "0") return absl::ZeroDuration();
  absl::Duration sum = absl::ZeroDuration();
  size_t first_allowed = 0;
  absl::string_view rest = text;
  do {
    absl::string_view number_text = TakeWhile(rest, IsNumberPart);
    absl::string_view unit_name = TakeWhile(rest, absl::ascii_isalpha);
    double number;
    if (number_text.empty() || !absl::SimpleAtod(number_text, &number)) return BadDuration(text);
    size_t i = first_allowed;
    while (i < Units().size() && Units()[i].name != unit_name) ++i;
    if (i == Units().size()) return BadDuration(text);
    sum += number * Units()[i].length;
    first_allowed = i + 1;
  } while (!rest.empty());
  if (sum > absl::Hours(24 * 365 * int64_t{10000})) return BadDuration(text);
  return sum;
}

std::string DurationText(absl::Duration duration) {
  if (duration < absl::ZeroDuration()) return absl::StrCat("-", DurationText(-duration));
  if (duration < absl::Seconds(1)) {
    int64_t ms = absl::ToInt64Milliseconds(duration);
    return ms == 0 ? "0s" : absl::StrCat(ms, "ms");
  }
  if (duration < absl::Minutes(1)) {
    // Tenths of a second, and none when whole.
    int64_t tenths = absl::ToInt64Milliseconds(duration) / 100;
    std::string text = absl::StrCat(tenths / 10);
    if (tenths % 10 != 0) absl::StrAppend(&text, ".", tenths % 10);
    return text + "s";
  }
  // Weeks are for typing only: 10d reads better than 1w3d.
  for (size_t i = 1; i + 2 < Units().size(); ++i) {
    absl::Duration remainder;
    int64_t whole = absl::IDivDuration(duration, Units()[i].length, &remainder);
    if (whole == 0) continue;
    std::string text = absl::StrCat(whole, Units()[i].name);
    int64_t part = absl::IDivDuration(remainder, Units()[i + 1].length, &remainder);
    if (part > 0) absl::StrAppend(&text, part, Units()[i + 1].name);
    return text;
  }
  return "0s";
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  absl::Duration remainder;
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &remainder));
  proto.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(remainder)));
  return proto;
}

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

}  // namespace pavane::cli
