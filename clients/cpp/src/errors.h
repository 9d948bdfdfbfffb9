#ifndef PAVANE_CLIENTS_CPP_SRC_ERRORS_H_
#define PAVANE_CLIENTS_CPP_SRC_ERRORS_H_

#include <string>

#include "pavane/error.h"
#include "pavane/v1/errors.pb.h"

namespace pavane {
inline namespace client {
namespace internal {

// The google.rpc codes that the library itself gives.
constexpr int kCancelled = 1;
constexpr int kUnknown = 2;
constexpr int kInvalidArgument = 3;
constexpr int kDeadlineExceeded = 4;
constexpr int kResourceExhausted = 8;
constexpr int kFailedPrecondition = 9;
constexpr int kUnavailable = 14;

Error MakeError(int code, std::string message);

// From the wire. Never ok: whoever calls has seen that the field is present.
Error FromMessage(const pavane::v1::Error& message);

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_ERRORS_H_
