#include "rpc/publish_request.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "google/protobuf/arena.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

#include "base/failpoint.h"
#include "base/status_macros.h"
#include "event/reason.h"
#include "rpc/wire.h"

namespace pavane::rpc {
namespace {

using google::protobuf::Arena;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using pavane::v1::PublishRequest;

// For a message of so many bytes: its objects come from few large pieces of memory and go with
// them, instead of ten allocations for each event.
std::shared_ptr<Arena> MakeArena(const grpc::ByteBuffer& bytes) {
  constexpr size_t kSmallest = 1 << 10;
  constexpr size_t kLargest = 256 << 10;
  google::protobuf::ArenaOptions options;
  options.start_block_size = std::clamp(bytes.Length(), kSmallest, kLargest);
  options.max_block_size = kLargest;
  return std::make_shared<Arena>(options);
}

// Reads the batch entry by entry: one that does not parse since a text is not UTF-8 is refused.
absl::StatusOr<ingress::IncomingBatch> ParseByEntry(absl::string_view bytes) {
  ingress::IncomingBatch batch;
  std::string others;  // the fields beside the entries
  CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()),
                         static_cast<int>(bytes.size()));
  while (true) {
    const int begin = input.CurrentPosition();
    const uint32_t tag = input.ReadTag();
    if (tag == 0) break;
    if (!WireFormatLite::SkipField(&input, tag)) break;
    const absl::string_view field = bytes.substr(begin, input.CurrentPosition() - begin);
    if (WireFormatLite::GetTagFieldNumber(tag) != PublishRequest::kEntriesFieldNumber) {
      others.append(field.data(), field.size());
      continue;
    }
    PublishRequest one;
    if (one.ParseFromArray(field.data(), static_cast<int>(field.size())) &&
        one.entries_size() == 1) {
      *batch.request->add_entries() = std::move(*one.mutable_entries(0));
      continue;
    }
    const absl::Status why = Diagnose(field, *PublishRequest::descriptor());
    if (event::ReasonOf(why) != pavane::v1::INVALID_UTF8) return why;
    batch.refused[batch.request->entries_size()] = why;
    batch.request->add_entries();
  }
  PublishRequest rest;
  if (!rest.ParseFromString(others)) return Diagnose(bytes, *PublishRequest::descriptor());
  batch.request->MergeFrom(rest);
  return batch;
}

}  // namespace

absl::StatusOr<ingress::IncomingBatch> ParsePublishRequest(const grpc::ByteBuffer& bytes) {
  FAILPOINT("rpc.publish_received");
  const auto arena = MakeArena(bytes);
  ingress::IncomingBatch batch;
  batch.request = {arena, Arena::CreateMessage<PublishRequest>(arena.get())};
  const absl::Status parsed = Parse(bytes, batch.request.get());
  if (parsed.ok()) return batch;
  if (event::ReasonOf(parsed) != pavane::v1::INVALID_UTF8) return parsed;
  return ParseByEntry(ToString(bytes));
}

absl::StatusOr<ingress::IncomingBatch> ParseStreamRequest(const grpc::ByteBuffer& bytes,
                                                          uint64_t* request_id) {
  const auto arena = MakeArena(bytes);
  auto& message = *Arena::CreateMessage<pavane::v1::PublishStreamRequest>(arena.get());
  const absl::Status parsed = Parse(bytes, &message);
  if (parsed.ok()) {
    *request_id = message.request_id();
    ingress::IncomingBatch batch;
    batch.request = {arena, message.mutable_publish()};
    return batch;
  }
  if (event::ReasonOf(parsed) != pavane::v1::INVALID_UTF8) return parsed;
  const std::string text = ToString(bytes);
  CodedInputStream input(reinterpret_cast<const uint8_t*>(text.data()),
                         static_cast<int>(text.size()));
  std::string publish;
  while (const uint32_t tag = input.ReadTag()) {
    const int field = WireFormatLite::GetTagFieldNumber(tag);
    bool good = true;
    if (field == pavane::v1::PublishStreamRequest::kRequestIdFieldNumber) {
      good = input.ReadVarint64(request_id);
    } else if (field == pavane::v1::PublishStreamRequest::kPublishFieldNumber) {
      good = WireFormatLite::ReadBytes(&input, &publish);
    } else {
      good = WireFormatLite::SkipField(&input, tag);
    }
    if (!good) return parsed;
  }
  return ParseByEntry(publish);
}

pavane::v1::PublishResponse RefuseEach(const absl::Status& status, int entries) {
  pavane::v1::PublishResponse response;
  for (int i = 0; i < entries; ++i)
    *response.add_results()->mutable_error() = event::ToError(status);
  return response;
}

}  // namespace pavane::rpc
