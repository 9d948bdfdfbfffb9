#ifndef PAVANE_TARGETS_CALL_FAILURE_H_
#define PAVANE_TARGETS_CALL_FAILURE_H_

#include <string>

#include "grpcpp/support/status.h"

#include "pavane/v1/delivery.pb.h"

namespace pavane::targets {

/// Whether a failed call may succeed later. The table is docs/delivery.md's: UNAVAILABLE,
/// DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, CANCELLED, INTERNAL, UNKNOWN and UNAUTHENTICATED
/// are tried again; the others say that this delivery will never be taken.
bool IsRetryable(grpc::StatusCode code);

/// Upper-snake name of the code, as in gRPC's documentation.
std::string CodeName(grpc::StatusCode code);

/// The settlement that stands for a failed call: nack, or reject when it will never succeed.
pavane::v1::Settlement SettlementForFailure(const std::string& delivery_id,
                                            const grpc::Status& status);

/// The settlement of a delivery that a Handle answer leaves out: a failed attempt.
pavane::v1::Settlement SettlementForMissing(const std::string& delivery_id);

}  // namespace pavane::targets

#endif  // PAVANE_TARGETS_CALL_FAILURE_H_
