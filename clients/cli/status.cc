#include "clients/cli/status.h"

#include <algorithm>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "clients/cli/escape.h"

namespace pavane::cli {
namespace {

constexpr char kUsagePayload[] = "pavane.cli/usage";
constexpr char kReasonPayload[] = "pavane.cli/reason";
constexpr char kPlacePayload[] = "pavane.cli/place";

absl::Status SameKind(const absl::Status& from, const std::string& message) {
  absl::Status status(from.code(), message);
  from.ForEachPayload(
      [&](absl::string_view url, const absl::Cord& payload) { status.SetPayload(url, payload); });
  return status;
}

}  // namespace

absl::Status UsageError(absl::string_view message) {
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kUsagePayload, absl::Cord(""));
  return status;
}

absl::Status WithHint(const absl::Status& status, absl::string_view hint) {
  if (status.ok()) return status;
  return SameKind(status, absl::StrCat(status.message(), "; ", hint));
}

absl::Status InContext(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  return SameKind(status, absl::StrCat(context, ": ", status.message()));
}

absl::Status RefusedBecause(absl::StatusCode code, pavane::v1::Reason reason,
                            absl::string_view message) {
  const std::string& name = pavane::v1::Reason_Name(reason);
  // A reason of a newer broker has a number only.
  absl::Status status(
      code, absl::StrCat(name.empty() ? absl::StrCat("reason ", reason) : name, ": ", message));
  status.SetPayload(kReasonPayload, absl::Cord(absl::StrCat(reason)));
  return status;
}

absl::Status RefusedBecause(const pavane::v1::Error& error) {
  absl::Status status =
      RefusedBecause(static_cast<absl::StatusCode>(error.code()), error.reason(), error.message());
  if (!status.ok() && error.has_place()) {
    status.SetPayload(kPlacePayload, absl::Cord(error.place().SerializeAsString()));
  }
  return status;
}

std::string PlaceText(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPlacePayload);
  pavane::v1::Place place;
  if (!payload || !place.ParseFromString(std::string(*payload))) return "";
  // A caret beyond the excerpt would be a broker's mistake; the excerpt itself may be empty when
  // the text ends where something is missing.
  constexpr size_t kColumnMax = 200;
  const size_t column = place.excerpt_column();
  if (column == 0 || column > kColumnMax) return "";
  // Wide characters take two columns of a terminal, escaped ones more.
  size_t before = 0;
  for (size_t i = 1; i < column && before < place.excerpt().size(); ++i) {
    before +=
        std::max<size_t>(1, DecodeUtf8(absl::string_view(place.excerpt()).substr(before)).length);
  }
  const size_t width = DisplayWidth(EscapeForTerminal(place.excerpt().substr(0, before)));
  return absl::StrCat("  ", EscapeForTerminal(place.excerpt()), "\n  ", std::string(width, ' '),
                      "^\n");
}

pavane::v1::Reason ReasonOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kReasonPayload);
  int number = 0;
  if (!payload || !absl::SimpleAtoi(std::string(*payload), &number)) {
    return pavane::v1::REASON_UNSPECIFIED;
  }
  return static_cast<pavane::v1::Reason>(number);
}

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return kExitOk;
  if (status.GetPayload(kUsagePayload).has_value()) return kExitUsage;
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return kExitNotFound;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return kExitUnavailable;
    default:
      return kExitFailure;
  }
}

}  // namespace pavane::cli
