#ifndef PAVANE_RPC_PUBLISH_REQUEST_H_
#define PAVANE_RPC_PUBLISH_REQUEST_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "grpcpp/support/byte_buffer.h"

#include "ingress/publisher.h"
#include "pavane/v1/publisher.pb.h"

namespace pavane::rpc {

/// Reads a batch. An entry with a text that is not UTF-8 is refused alone (INVALID_UTF8) and stays
/// in the request as an empty one.
absl::StatusOr<ingress::IncomingBatch> ParsePublishRequest(const grpc::ByteBuffer& bytes);
/// The same for a request of a stream, with its id.
absl::StatusOr<ingress::IncomingBatch> ParseStreamRequest(const grpc::ByteBuffer& bytes,
                                                          uint64_t* request_id);

/// What a stream answers, where a whole call would fail: each entry with the same error.
pavane::v1::PublishResponse RefuseEach(const absl::Status& status, int entries);

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_PUBLISH_REQUEST_H_
