#include "rpc/wire.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "grpcpp/support/proto_buffer_writer.h"

#include "base/utf8.h"
#include "event/reason.h"

namespace pavane::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr int kDepthMax = 32;

// The path of the first text field that is not UTF-8, empty if there is none. Bytes that are no
// message end the search.
std::string FindBadText(absl::string_view bytes, const Descriptor& type, int depth) {
  if (depth > kDepthMax) return "";
  CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()),
                         static_cast<int>(bytes.size()));
  while (const uint32_t tag = input.ReadTag()) {
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      if (!WireFormatLite::SkipField(&input, tag)) return "";
      continue;
    }
    uint32_t size = 0;
    if (!input.ReadVarint32(&size)) return "";
    const int at = input.CurrentPosition();
    if (size > bytes.size() - at || !input.Skip(static_cast<int>(size))) return "";
    const absl::string_view value = bytes.substr(at, size);
    const FieldDescriptor* field = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
    if (field == nullptr) continue;
    if (field->type() == FieldDescriptor::TYPE_STRING && !IsValidUtf8(value)) return field->name();
    if (field->type() != FieldDescriptor::TYPE_MESSAGE) continue;
    const std::string inner = FindBadText(value, *field->message_type(), depth + 1);
    if (!inner.empty()) return absl::StrCat(field->name(), ".", inner);
  }
  return "";
}

}  // namespace

absl::Status Diagnose(absl::string_view bytes, const Descriptor& type) {
  const std::string field = FindBadText(bytes, type, 0);
  if (!field.empty()) {
    return event::Invalid(
        pavane::v1::INVALID_UTF8,
        absl::StrCat("field ", field, " of ", type.full_name(), " is not valid UTF-8"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the bytes are not a ", type.full_name(), " message"));
}

absl::Status Parse(const grpc::ByteBuffer& bytes, google::protobuf::Message* message) {
  grpc::ByteBuffer copy = bytes;  // shares the slices; the reader wants a mutable one
  bool parsed = false;
  {
    grpc::ProtoBufferReader reader(&copy);
    parsed = reader.status().ok() && message->ParseFromZeroCopyStream(&reader);
  }
  if (parsed) return absl::OkStatus();
  return Diagnose(ToString(bytes), *message->GetDescriptor());
}

grpc::ByteBuffer Serialize(const google::protobuf::Message& message) {
  return ToByteBuffer(message.SerializeAsString());
}

namespace {

// The slice owns the string: no copy.
grpc::Slice ToSlice(std::string bytes) {
  auto* owned = new std::string(std::move(bytes));
  return grpc::Slice(
      owned->data(), owned->size(), [](void* string) { delete static_cast<std::string*>(string); },
      owned);
}

}  // namespace

grpc::ByteBuffer ToByteBuffer(std::string bytes) {
  const grpc::Slice slice = ToSlice(std::move(bytes));
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer ToByteBuffer(std::string first, std::string second) {
  const grpc::Slice slices[] = {ToSlice(std::move(first)), ToSlice(std::move(second))};
  return grpc::ByteBuffer(slices, 2);
}

std::string ToString(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  std::string text;
  if (!bytes.Dump(&slices).ok()) return text;
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

}  // namespace pavane::rpc
