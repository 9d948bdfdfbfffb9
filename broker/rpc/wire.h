// Messages as bytes: gRPC hands every request over unparsed, so that bytes that are no message, or
// have texts that are not UTF-8, get an answer that says so.
#ifndef PAVANE_RPC_WIRE_H_
#define PAVANE_RPC_WIRE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "grpcpp/support/byte_buffer.h"

namespace pavane::rpc {

/// InvalidArgument naming the message's type, or INVALID_UTF8 naming the field.
absl::Status Parse(const grpc::ByteBuffer& bytes, google::protobuf::Message* message);

grpc::ByteBuffer Serialize(const google::protobuf::Message& message);
/// Takes the bytes as they are.
grpc::ByteBuffer ToByteBuffer(std::string bytes);
/// One after the other, without putting them together.
grpc::ByteBuffer ToByteBuffer(std::string first, std::string second);
std::string ToString(const grpc::ByteBuffer& bytes);

/// Why `bytes` do not parse as a message of the type: see Parse.
absl::Status Diagnose(absl::string_view bytes, const google::protobuf::Descriptor& type);

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_WIRE_H_
