#ifndef PAVANE_CLIENTS_CPP_SRC_CHANNEL_H_
#define PAVANE_CLIENTS_CPP_SRC_CHANNEL_H_

#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "pavane/error.h"

namespace pavane {
inline namespace client {
namespace internal {

// The address that is dialled: the given one, else the environment's PAVANE_GRPC_ADDRESS, else
// 127.0.0.1:7440.
std::string ResolveAddress(const std::string& given);

// A fresh channel that dials at once when used. Each try to connect takes a new one: gRPC's own
// back-off, which would make a call on an old channel fail without dialling, then plays no part
// beside ours.
std::shared_ptr<grpc::Channel> DialChannel(const std::string& address);

// What a whole call ended with; the broker tells reason and retry_after in the trailing metadata.
Error FromStatus(const grpc::Status& status, const grpc::ClientContext& context);

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_CHANNEL_H_
