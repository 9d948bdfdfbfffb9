#include "pavane/error.h"

#include <array>

#include "clients/cpp/src/durations.h"
#include "clients/cpp/src/errors.h"

namespace pavane {
inline namespace client {
namespace {

constexpr std::array<std::string_view, 17> kCodeNames = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
};

}  // namespace

std::string_view Error::reason_name() const {
  if (reason == pavane::v1::REASON_UNSPECIFIED) return {};
  return pavane::v1::Reason_Name(reason);
}

std::string Error::ToString() const {
  const bool known = code >= 0 && static_cast<size_t>(code) < kCodeNames.size();
  std::string text = known ? std::string(kCodeNames[code]) : "CODE_" + std::to_string(code);
  if (const std::string_view name = reason_name(); !name.empty()) text.append(" ").append(name);
  if (!message.empty()) text.append(": ").append(message);
  return text;
}

namespace internal {

Error MakeError(int code, std::string message) {
  Error error;
  error.code = code;
  error.message = std::move(message);
  return error;
}

Error FromMessage(const pavane::v1::Error& message) {
  // An error without code is an error all the same.
  Error error = MakeError(message.code() != 0 ? message.code() : kUnknown, message.message());
  error.reason = message.reason();
  if (message.has_retry_after()) {
    error.retry_after = FromMessage(message.retry_after());
  }
  return error;
}

}  // namespace internal
}  // namespace client
}  // namespace pavane
