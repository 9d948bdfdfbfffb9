#include "targets/call_failure.h"

namespace pavane::targets {

bool IsRetryable(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::UNAUTHENTICATED:
      return true;
    default:
      return false;
  }
}

std::string CodeName(grpc::StatusCode code) {
  static constexpr const char* kNames[] = {"OK",
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
                                           "UNAUTHENTICATED"};
  const auto number = static_cast<size_t>(code);
  return number < std::size(kNames) ? kNames[number] : "UNKNOWN";
}

pavane::v1::Settlement SettlementForFailure(const std::string& delivery_id,
                                            const grpc::Status& status) {
  pavane::v1::Settlement settlement;
  settlement.set_delivery_id(delivery_id);
  if (IsRetryable(status.error_code())) {
    settlement.mutable_nack()->set_code(CodeName(status.error_code()));
    settlement.mutable_nack()->set_message(status.error_message());
  } else {
    settlement.mutable_reject()->set_code(CodeName(status.error_code()));
    settlement.mutable_reject()->set_message(status.error_message());
  }
  return settlement;
}

pavane::v1::Settlement SettlementForMissing(const std::string& delivery_id) {
  pavane::v1::Settlement settlement;
  settlement.set_delivery_id(delivery_id);
  settlement.mutable_nack()->set_code("NOT_ANSWERED");
  settlement.mutable_nack()->set_message("the Handle answer has no settlement for the delivery");
  return settlement;
}

}  // namespace pavane::targets
