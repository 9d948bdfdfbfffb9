#include "rpc/delivery_encoding.h"

#include <cstdint>

#include "absl/time/time.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

#include "pavane/v1/delivery.pb.h"
#include "pavane/v1/subscriber.pb.h"
#include "rpc/wire.h"

namespace pavane::rpc {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

void SetTimestamp(int64_t us, google::protobuf::Timestamp* out) {
  out->set_seconds(us / 1'000'000);
  out->set_nanos(static_cast<int32_t>(us % 1'000'000) * 1000);
}

void AppendVarint(uint32_t value, std::string* out) {
  uint8_t buffer[5];
  const uint8_t* end = CodedOutputStream::WriteVarint32ToArray(value, buffer);
  out->append(reinterpret_cast<const char*>(buffer), end - buffer);
}

void AppendHeader(int field, size_t size, std::string* out) {
  AppendVarint(WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED), out);
  AppendVarint(static_cast<uint32_t>(size), out);
}

// All of a Delivery but its event.
pavane::v1::Delivery WithoutEvent(const targets::OutgoingDelivery& delivery) {
  pavane::v1::Delivery message;
  message.set_delivery_id(delivery.delivery_id);
  message.set_bus(delivery.names->bus);
  message.set_sequence(delivery.event->ref.sequence.value());
  message.set_rule(delivery.names->rule);
  message.set_target(delivery.names->target);
  message.set_attempt(delivery.attempt);
  SetTimestamp(absl::ToUnixMicros(delivery.lease_expires_at), message.mutable_lease_expires_at());
  message.set_kind(static_cast<pavane::v1::Delivery::Kind>(delivery.kind));
  SetTimestamp(delivery.accepted_us, message.mutable_accepted_at());
  message.set_out_of_order(delivery.out_of_order);
  return message;
}

// The delivery as element of a repeated field. Fields of a message may come in any order, so the
// event follows the others.
void AppendDelivery(int field, const targets::OutgoingDelivery& delivery, std::string* out) {
  const std::string others = WithoutEvent(delivery).SerializeAsString();
  const std::string& event = delivery.event->bytes;
  std::string event_header;
  AppendHeader(pavane::v1::Delivery::kEventFieldNumber, event.size(), &event_header);
  AppendHeader(field, others.size() + event_header.size() + event.size(), out);
  out->append(others).append(event_header).append(event);
}

}  // namespace

grpc::ByteBuffer EncodeDeliveryBatch(std::deque<targets::OutgoingDelivery>& deliveries,
                                     const BatchBounds& bounds) {
  std::string batch;
  for (size_t i = 0; i < bounds.deliveries_max && !deliveries.empty(); ++i) {
    if (i > 0 && batch.size() + deliveries.front().event->bytes.size() > bounds.bytes_max) break;
    AppendDelivery(pavane::v1::SubscribeResponse::DeliveryBatch::kDeliveriesFieldNumber,
                   deliveries.front(), &batch);
    deliveries.pop_front();
  }
  std::string message;
  message.reserve(batch.size() + 8);
  AppendHeader(pavane::v1::SubscribeResponse::kDeliveriesFieldNumber, batch.size(), &message);
  message.append(batch);
  return ToByteBuffer(std::move(message));
}

grpc::ByteBuffer EncodePullResponse(const std::vector<targets::OutgoingDelivery>& deliveries) {
  std::string message;
  for (const targets::OutgoingDelivery& delivery : deliveries) {
    AppendDelivery(pavane::v1::PullResponse::kDeliveriesFieldNumber, delivery, &message);
  }
  return ToByteBuffer(std::move(message));
}

}  // namespace pavane::rpc
