#include "rpc/grpc_status.h"

#include <string>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/wire_format_lite.h"

#include "event/reason.h"

namespace pavane::rpc {
namespace {

using google::protobuf::internal::WireFormatLite;

// The distribution has no C++ code for google.rpc: its three fields are written by hand.
//   message Status { int32 code = 1; string message = 2; repeated google.protobuf.Any details = 3;
//   } message RetryInfo { google.protobuf.Duration retry_delay = 1; }

std::string LengthDelimited(int field, const std::string& bytes) {
  std::string out;
  {
    google::protobuf::io::StringOutputStream stream(&out);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.WriteTag(WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
    coded.WriteVarint32(static_cast<uint32_t>(bytes.size()));
    coded.WriteString(bytes);
  }
  return out;
}

std::string AnyOf(const std::string& type, const std::string& value) {
  google::protobuf::Any any;
  any.set_type_url("type.googleapis.com/" + type);
  any.set_value(value);
  return any.SerializeAsString();
}

std::string Details(const pavane::v1::Error& error) {
  std::string out;
  out.push_back(static_cast<char>(WireFormatLite::MakeTag(1, WireFormatLite::WIRETYPE_VARINT)));
  out.push_back(static_cast<char>(error.code()));  // below 128: one byte
  out += LengthDelimited(2, error.message());
  out += LengthDelimited(3, AnyOf("pavane.v1.Error", error.SerializeAsString()));
  if (error.has_retry_after()) {
    const std::string retry_info = LengthDelimited(1, error.retry_after().SerializeAsString());
    out += LengthDelimited(3, AnyOf("google.rpc.RetryInfo", retry_info));
  }
  return out;
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status, grpc::CallbackServerContext* context) {
  if (status.ok()) return grpc::Status::OK;
  const auto code = static_cast<grpc::StatusCode>(status.code());
  const std::string message(status.message());
  const pavane::v1::Error error = event::ToError(status);
  if (error.reason() == pavane::v1::REASON_UNSPECIFIED) return grpc::Status(code, message);
  if (context != nullptr) context->AddTrailingMetadata(kErrorMetadata, error.SerializeAsString());
  return grpc::Status(code, message, Details(error));
}

}  // namespace pavane::rpc
