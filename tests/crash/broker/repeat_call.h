#ifndef PAVANE_TESTS_CRASH_BROKER_REPEAT_CALL_H_
#define PAVANE_TESTS_CRASH_BROKER_REPEAT_CALL_H_

#include <chrono>

#include "grpcpp/client_context.h"
#include "grpcpp/support/status.h"

namespace pavane::crash {

/// The answer to a call that is repeated until the broker gives one, also over its death.
struct Answered {
  grpc::Status status;
  bool repeated = false;  // an earlier try may have had its effect
};

inline bool IsAnswer(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return false;
    default:
      return true;
  }
}

/// `call(context)` until it is answered. A run ends with the broker up, so an answer comes.
template <typename Call>
Answered RepeatCall(Call call) {
  Answered answered;
  while (true) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    answered.status = call(context);
    if (IsAnswer(answered.status)) return answered;
    answered.repeated = true;
  }
}

}  // namespace pavane::crash

#endif  // PAVANE_TESTS_CRASH_BROKER_REPEAT_CALL_H_
