#include "delivery/refusal.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"

namespace pavane::delivery {
namespace {

constexpr char kPayload[] = "pavane.v1.Reason";

}  // namespace

absl::Status RefusedStatus(absl::StatusCode code, pavane::v1::Reason reason,
                           absl::string_view message) {
  absl::Status status(code, message);
  status.SetPayload(kPayload, absl::Cord(absl::StrCat(static_cast<int>(reason))));
  return status;
}

pavane::v1::Reason ReasonOf(const absl::Status& status, pavane::v1::Reason otherwise) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayload);
  int number = 0;
  if (!payload || !absl::SimpleAtoi(std::string(*payload), &number)) return otherwise;
  return pavane::v1::Reason_IsValid(number) ? static_cast<pavane::v1::Reason>(number) : otherwise;
}

}  // namespace pavane::delivery
