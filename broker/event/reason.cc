#include "event/reason.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"

namespace pavane::event {
namespace {

// The reason's number, and the time to wait in nanoseconds, as decimal texts.
constexpr absl::string_view kReasonPayload = "pavane.v1.Reason";
constexpr absl::string_view kRetryAfterPayload = "pavane.v1.RetryAfter";
// The message.
constexpr absl::string_view kPlacePayload = "pavane.v1.Place";

int64_t Number(const absl::Status& status, absl::string_view payload_url) {
  const absl::optional<absl::Cord> payload = status.GetPayload(payload_url);
  int64_t number = 0;
  if (!payload || !absl::SimpleAtoi(std::string(*payload), &number)) return 0;
  return number;
}

}  // namespace

absl::Status Refused(absl::StatusCode code, pavane::v1::Reason reason, absl::string_view message,
                     absl::Duration retry_after) {
  absl::Status status(code, message);
  status.SetPayload(kReasonPayload, absl::Cord(absl::StrCat(static_cast<int>(reason))));
  if (retry_after > absl::ZeroDuration()) {
    status.SetPayload(kRetryAfterPayload,
                      absl::Cord(absl::StrCat(absl::ToInt64Nanoseconds(retry_after))));
  }
  return status;
}

absl::Status Invalid(pavane::v1::Reason reason, absl::string_view message) {
  return Refused(absl::StatusCode::kInvalidArgument, reason, message);
}

pavane::v1::Reason ReasonOf(const absl::Status& status) {
  const int64_t number = Number(status, kReasonPayload);
  return pavane::v1::Reason_IsValid(static_cast<int>(number))
             ? static_cast<pavane::v1::Reason>(number)
             : pavane::v1::REASON_UNSPECIFIED;
}

absl::Duration RetryAfterOf(const absl::Status& status) {
  return absl::Nanoseconds(Number(status, kRetryAfterPayload));
}

void SetPlace(const pavane::v1::Place& place, absl::Status* status) {
  status->SetPayload(kPlacePayload, absl::Cord(place.SerializeAsString()));
}

std::optional<pavane::v1::Place> PlaceOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPlacePayload);
  pavane::v1::Place place;
  if (!payload || !place.ParseFromString(std::string(*payload))) return std::nullopt;
  return place;
}

absl::StatusCode CodeOf(pavane::v1::Reason reason) {
  switch (reason) {
    case pavane::v1::UNKNOWN_BUS:
      return absl::StatusCode::kNotFound;
    case pavane::v1::NOT_SUPPORTED:
      return absl::StatusCode::kUnimplemented;
    case pavane::v1::BATCH_REFUSED:
      return absl::StatusCode::kAborted;
    case pavane::v1::OVERLOADED:
    case pavane::v1::DISK_FULL:
    case pavane::v1::RETENTION_PINNED:
    case pavane::v1::TOO_MANY:
      return absl::StatusCode::kResourceExhausted;
    case pavane::v1::SHUTTING_DOWN:
    case pavane::v1::STORE_FAILED:
      return absl::StatusCode::kUnavailable;
    case pavane::v1::NOT_YOUR_DELIVERY:
      return absl::StatusCode::kPermissionDenied;
    case pavane::v1::LEASE_EXPIRED:
    case pavane::v1::ALREADY_SETTLED:
    case pavane::v1::RULE_SET_CONFLICT:
    case pavane::v1::HAS_UNSETTLED:
    case pavane::v1::TARGET_GONE:
    case pavane::v1::RULE_PINNED:
    case pavane::v1::SESSION_EXPIRED:
      return absl::StatusCode::kFailedPrecondition;
    default:
      return absl::StatusCode::kInvalidArgument;
  }
}

pavane::v1::Error ToError(const absl::Status& status) {
  pavane::v1::Error error;
  error.set_code(static_cast<int32_t>(status.code()));
  error.set_reason(ReasonOf(status));
  error.set_message(std::string(status.message()));
  if (const int64_t nanos = Number(status, kRetryAfterPayload); nanos > 0) {
    error.mutable_retry_after()->set_seconds(nanos / 1'000'000'000);
    error.mutable_retry_after()->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
  }
  if (auto place = PlaceOf(status)) *error.mutable_place() = *std::move(place);
  return error;
}

}  // namespace pavane::event
