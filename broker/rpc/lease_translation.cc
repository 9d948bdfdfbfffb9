#include "rpc/lease_translation.h"

#include <algorithm>

#include "absl/time/time.h"

#include "event/duration.h"
#include "event/reason.h"

namespace pavane::rpc {

std::vector<delivery::ExtendRequest> TranslateExtend(
    const google::protobuf::RepeatedPtrField<pavane::v1::ExtendItem>& items) {
  std::vector<delivery::ExtendRequest> requests;
  for (const pavane::v1::ExtendItem& item : items) {
    delivery::ExtendRequest& request = requests.emplace_back();
    request.delivery_id = item.delivery_id();
    if (!item.has_lease()) continue;
    request.lease = std::max(event::ToDuration(item.lease()), absl::ZeroDuration());
  }
  return requests;
}

pavane::v1::ExtendResult TranslateExtendAnswer(const delivery::ExtendAnswer& answer) {
  pavane::v1::ExtendResult result;
  result.set_delivery_id(answer.delivery_id);
  if (answer.refusal) {
    *result.mutable_error() =
        event::ToError(event::Refused(event::CodeOf(answer.refusal->reason), answer.refusal->reason,
                                      answer.refusal->message, answer.refusal->retry_after));
    return result;
  }
  const int64_t us = absl::ToUnixMicros(answer.lease_expires_at);
  result.mutable_lease_expires_at()->set_seconds(us / 1'000'000);
  result.mutable_lease_expires_at()->set_nanos(static_cast<int32_t>(us % 1'000'000) * 1000);
  return result;
}

}  // namespace pavane::rpc
