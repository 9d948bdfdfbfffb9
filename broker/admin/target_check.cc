#include "admin/target_check.h"

#include <cmath>
#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"

#include "admin/names.h"
#include "base/status_macros.h"
#include "config/retry_bounds.h"
#include "event/duration.h"
#include "event/reason.h"
#include "event/timestamp.h"
#include "event/view_path.h"

namespace pavane::admin {
namespace {

constexpr size_t kAddressBytesMax = 512;
constexpr int kNonRetryableCodesMax = 32;
constexpr size_t kCodeBytesMax = 128;

absl::Status InvalidTarget(absl::string_view address, absl::string_view why) {
  return event::Invalid(
      pavane::v1::INVALID_TARGET,
      absl::StrCat("target address '", address.substr(0, kAddressBytesMax), "': ", why));
}

absl::Status InvalidPolicy(absl::string_view why) {
  return event::Invalid(pavane::v1::INVALID_POLICY, why);
}

absl::Status CheckHostPort(absl::string_view address, absl::string_view host_port) {
  const size_t colon = host_port.rfind(':');
  uint32_t port = 0;
  const bool good = colon != absl::string_view::npos && colon > 0 &&
                    absl::SimpleAtoi(host_port.substr(colon + 1), &port) && port >= 1 &&
                    port <= 65535 && host_port.find('/') == absl::string_view::npos;
  return good ? absl::OkStatus() : InvalidTarget(address, "must be grpc://HOST:PORT");
}

absl::Status CheckDuration(absl::string_view field, const google::protobuf::Duration& value,
                           absl::Duration min, absl::Duration max) {
  const absl::Duration duration = event::ToDuration(value);
  if (duration >= min && duration <= max) return absl::OkStatus();
  return InvalidPolicy(absl::StrCat(field, " is ", absl::FormatDuration(duration), "; from ",
                                    absl::FormatDuration(min), " to ", absl::FormatDuration(max)));
}

absl::Status CheckRetry(const pavane::v1::RetryPolicy& retry) {
  if (retry.retries_max() > config::kRetriesMax) {
    return InvalidPolicy(absl::StrCat("retry_policy.retries_max is ", retry.retries_max(),
                                      "; from 0 to ", config::kRetriesMax));
  }
  if (retry.has_age_max()) {
    RETURN_IF_ERROR(
        CheckDuration("retry_policy.age_max", retry.age_max(), absl::Seconds(1), config::kAgeMax));
  }
  if (retry.has_backoff_initial()) {
    RETURN_IF_ERROR(CheckDuration("retry_policy.backoff_initial", retry.backoff_initial(),
                                  absl::Milliseconds(1), config::kBackoffMax));
  }
  if (retry.has_backoff_max()) {
    RETURN_IF_ERROR(CheckDuration("retry_policy.backoff_max", retry.backoff_max(),
                                  absl::Milliseconds(1), config::kBackoffMax));
  }
  if (retry.has_backoff_factor() &&
      !(retry.backoff_factor() >= 1 && retry.backoff_factor() <= config::kBackoffFactorMax)) {
    return InvalidPolicy(absl::StrCat("retry_policy.backoff_factor is ", retry.backoff_factor(),
                                      "; from 1 to ", config::kBackoffFactorMax));
  }
  if (retry.non_retryable_codes_size() > kNonRetryableCodesMax) {
    return InvalidPolicy(absl::StrCat("retry_policy.non_retryable_codes has ",
                                      retry.non_retryable_codes_size(), " codes; at most ",
                                      kNonRetryableCodesMax));
  }
  for (const std::string& code : retry.non_retryable_codes()) {
    if (code.empty() || code.size() > kCodeBytesMax) {
      return InvalidPolicy("retry_policy.non_retryable_codes: a code has 1 to 128 bytes");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOrdering(const pavane::v1::Ordering& ordering) {
  if (!pavane::v1::Ordering::Mode_IsValid(ordering.mode()) ||
      !pavane::v1::Ordering::OnDeadLetter_IsValid(ordering.on_dead_letter())) {
    return InvalidPolicy("ordering: a mode or on_dead_letter that this broker does not know");
  }
  if (ordering.mode() != pavane::v1::Ordering::KEY) {
    if (ordering.key_path().empty()) return absl::OkStatus();
    return InvalidPolicy("ordering.key_path is set, but ordering.mode is not KEY");
  }
  if (ordering.key_path().empty()) return absl::OkStatus();
  const absl::Status path = event::CheckViewPath(ordering.key_path());
  return path.ok() ? path : InvalidPolicy(absl::StrCat("ordering.key_path: ", path.message()));
}

absl::Status CheckBatch(const pavane::admin::v1::Target& target) {
  if (!target.has_batch_policy()) return absl::OkStatus();
  if (!absl::StartsWith(target.address(), "grpc://") &&
      !absl::StartsWith(target.address(), "grpc+unix:")) {
    return InvalidPolicy("batch_policy: only the calls of grpc:// and grpc+unix: targets have one");
  }
  const pavane::v1::BatchPolicy& batch = target.batch_policy();
  if (batch.size_max() > 1000) {
    return InvalidPolicy(
        absl::StrCat("batch_policy.size_max is ", batch.size_max(), "; from 0 to 1000"));
  }
  if (!batch.has_wait_max()) return absl::OkStatus();
  return CheckDuration("batch_policy.wait_max", batch.wait_max(), absl::ZeroDuration(),
                       absl::Minutes(5));
}

absl::Status CheckStartPosition(const pavane::admin::v1::Target& target) {
  using Start = pavane::v1::StartPosition;
  const Start& start = target.start_position();
  switch (start.position_case()) {
    case Start::POSITION_NOT_SET:
      return absl::OkStatus();
    case Start::kLatest:
      return start.latest() ? absl::OkStatus() : InvalidPolicy("start_position.latest is false");
    case Start::kEarliest:
      if (!start.earliest()) return InvalidPolicy("start_position.earliest is false");
      break;
    case Start::kSequence:
      if (start.sequence() == 0) return InvalidPolicy("start_position.sequence is 0; from 1");
      break;
    case Start::kTime:
      if (!event::IsTimestamp(start.time())) {
        return InvalidPolicy("start_position.time is not a time since 1970");
      }
      break;
  }
  if (target.ordering().mode() != pavane::v1::Ordering::KEY) return absl::OkStatus();
  return InvalidPolicy(
      "start_position: past events are filled in beside new ones, so not of a target with ordering "
      "by key; put it without start_position, or without ordering until the past is delivered");
}

}  // namespace

absl::Status CheckTargetAddress(absl::string_view address) {
  if (address.empty()) return InvalidTarget(address, "must not be empty");
  if (address.size() > kAddressBytesMax) return InvalidTarget(address, "longer than 512 bytes");
  absl::string_view rest = address;
  if (absl::ConsumePrefix(&rest, "service:")) return CheckServiceName(rest);
  if (absl::ConsumePrefix(&rest, "bus:")) return CheckBusName(rest);
  if (absl::ConsumePrefix(&rest, "grpc://")) return CheckHostPort(address, rest);
  if (absl::ConsumePrefix(&rest, "grpc+unix:")) {
    if (absl::StartsWith(rest, "/") && rest.size() > 1) return absl::OkStatus();
    return InvalidTarget(address, "must be grpc+unix:/PATH, an absolute path");
  }
  if (absl::StartsWith(address, "http://") || absl::StartsWith(address, "https://")) {
    return event::Refused(absl::StatusCode::kUnimplemented, pavane::v1::NOT_SUPPORTED,
                          "http targets: this version has no webhooks; use service:, grpc:// or "
                          "bus:");
  }
  return InvalidTarget(address,
                       "must be service:NAME, grpc://HOST:PORT, grpc+unix:/PATH or bus:NAME");
}

absl::Status CheckTarget(const pavane::admin::v1::Target& target) {
  RETURN_IF_ERROR(CheckTargetId(target.id()));
  RETURN_IF_ERROR(CheckTargetAddress(target.address()));
  RETURN_IF_ERROR(CheckRetry(target.retry_policy()));
  RETURN_IF_ERROR(CheckOrdering(target.ordering()));
  RETURN_IF_ERROR(CheckBatch(target));
  RETURN_IF_ERROR(CheckStartPosition(target));
  if (target.lease_policy().has_lease()) {
    RETURN_IF_ERROR(CheckDuration("lease_policy.lease", target.lease_policy().lease(),
                                  absl::Seconds(1), absl::Hours(12)));
  }
  return absl::OkStatus();
}

}  // namespace pavane::admin
