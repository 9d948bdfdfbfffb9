#include "clients/cpp/src/publish_batch.h"

#include <utility>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "pavane/v1/publisher.pb.h"

namespace pavane {
inline namespace client {
namespace internal {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr size_t kHeaderBytesMax = 16;

void AppendHeader(int field, size_t size, std::string& out) {
  uint8_t bytes[kHeaderBytesMax];
  uint8_t* end =
      WireFormatLite::WriteTagToArray(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED, bytes);
  end = CodedOutputStream::WriteVarint64ToArray(size, end);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(end - bytes));
}

}  // namespace

void PublishBatch::Add(std::string_view entry) {
  AppendHeader(pavane::v1::PublishRequest::kEntriesFieldNumber, entry.size(), entries_);
  entries_.append(entry);
  ends_.push_back(entries_.size());
}

std::string_view PublishBatch::entry(size_t i) const {
  const std::string_view element = std::string_view(entries_).substr(Begin(i), ends_[i] - Begin(i));
  CodedInputStream input(reinterpret_cast<const uint8_t*>(element.data()),
                         static_cast<int>(element.size()));
  uint32_t size = 0;
  input.ReadTag();
  input.ReadVarint32(&size);
  return element.substr(element.size() - size);
}

grpc::ByteBuffer PublishBatch::ToByteBuffer(const std::shared_ptr<const PublishBatch>& batch) {
  std::string head;
  uint8_t bytes[kHeaderBytesMax];
  const uint8_t* end = WireFormatLite::WriteUInt64ToArray(
      pavane::v1::PublishStreamRequest::kRequestIdFieldNumber, batch->request_id_, bytes);
  head.assign(reinterpret_cast<const char*>(bytes), static_cast<size_t>(end - bytes));
  AppendHeader(pavane::v1::PublishStreamRequest::kPublishFieldNumber, batch->entries_.size(), head);
  using Held = std::shared_ptr<const PublishBatch>;
  const grpc::Slice slices[] = {
      grpc::Slice(head), grpc::Slice(
                             const_cast<char*>(batch->entries_.data()), batch->entries_.size(),
                             [](void* held) { delete static_cast<Held*>(held); }, new Held(batch))};
  return grpc::ByteBuffer(slices, 2);
}

std::string EventIdOf(std::string_view entry) {
  pavane::v1::PublishEntry message;
  message.ParseFromArray(entry.data(), static_cast<int>(entry.size()));
  return std::move(*message.mutable_event()->mutable_id());
}

}  // namespace internal
}  // namespace client
}  // namespace pavane
