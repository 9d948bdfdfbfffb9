#include "rpc/delivery_encoding.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/time/time.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

#include "base/check.h"
#include "pavane/v1/delivery.pb.h"
#include "pavane/v1/subscriber.pb.h"
#include "rpc/wire.h"

namespace pavane::rpc {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

using pavane::v1::Delivery;

size_t VarintSize(uint64_t value) { return CodedOutputStream::VarintSize64(value); }

// Fields are numbered below 16, so a tag takes a byte.
uint8_t* WriteTag(int field, WireFormatLite::WireType type, uint8_t* out) {
  return WireFormatLite::WriteTagToArray(field, type, out);
}

size_t BytesSize(size_t size) { return 1 + VarintSize(size) + size; }

uint8_t* WriteHeader(int field, size_t size, uint8_t* out) {
  out = WriteTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED, out);
  return CodedOutputStream::WriteVarint64ToArray(size, out);
}

uint8_t* WriteBytes(int field, absl::string_view bytes, uint8_t* out) {
  out = WriteHeader(field, bytes.size(), out);
  return CodedOutputStream::WriteRawToArray(bytes.data(), static_cast<int>(bytes.size()), out);
}

uint8_t* WriteNumber(int field, uint64_t value, uint8_t* out) {
  out = WriteTag(field, WireFormatLite::WIRETYPE_VARINT, out);
  return CodedOutputStream::WriteVarint64ToArray(value, out);
}

/// A google.protobuf.Timestamp of microseconds.
struct WireTime {
  explicit WireTime(int64_t us)
      : seconds(static_cast<uint64_t>(us / 1'000'000)),
        nanos(static_cast<uint64_t>(us % 1'000'000) * 1000) {}
  size_t size() const { return 2 + VarintSize(seconds) + VarintSize(nanos); }
  uint8_t* Write(int field, uint8_t* out) const {
    out = WriteHeader(field, size(), out);
    out = WriteNumber(google::protobuf::Timestamp::kSecondsFieldNumber, seconds, out);
    return WriteNumber(google::protobuf::Timestamp::kNanosFieldNumber, nanos, out);
  }

  uint64_t seconds;
  uint64_t nanos;
};

/// Writes one delivery as pavane.v1.Delivery without making such a message: its strings are many,
/// and the event's bytes are there already.
class DeliveryWriter {
 public:
  explicit DeliveryWriter(const targets::OutgoingDelivery& delivery)
      : delivery_(delivery),
        lease_expires_at_(absl::ToUnixMicros(delivery.lease_expires_at)),
        accepted_at_(delivery.accepted_us),
        size_(Size()) {}

  /// As element of a repeated field.
  void AppendTo(int field, std::string* out) const {
    const size_t before = out->size();
    const size_t element = BytesSize(size_);
    out->resize(before + element);
    auto* at = reinterpret_cast<uint8_t*>(out->data() + before);
    at = Write(WriteHeader(field, size_, at));
    CHECK_EQ(static_cast<size_t>(at - reinterpret_cast<uint8_t*>(out->data())), out->size())
        << "Size and Write agree";
  }

 private:
  size_t Size() const {
    const targets::TargetNames& names = *delivery_.names;
    return BytesSize(delivery_.delivery_id.size()) + BytesSize(names.bus.size()) +
           BytesSize(names.rule.size()) + BytesSize(names.target.size()) +
           BytesSize(delivery_.event->bytes.size()) + BytesSize(lease_expires_at_.size()) +
           BytesSize(accepted_at_.size()) + 1 + VarintSize(sequence()) + 1 +
           VarintSize(delivery_.attempt) + 2 + (delivery_.out_of_order ? 2 : 0);
  }

  uint8_t* Write(uint8_t* out) const {
    const targets::TargetNames& names = *delivery_.names;
    out = WriteBytes(Delivery::kDeliveryIdFieldNumber, delivery_.delivery_id, out);
    out = WriteBytes(Delivery::kEventFieldNumber, delivery_.event->bytes, out);
    out = WriteBytes(Delivery::kBusFieldNumber, names.bus, out);
    out = WriteNumber(Delivery::kSequenceFieldNumber, sequence(), out);
    out = WriteBytes(Delivery::kRuleFieldNumber, names.rule, out);
    out = WriteBytes(Delivery::kTargetFieldNumber, names.target, out);
    out = WriteNumber(Delivery::kAttemptFieldNumber, delivery_.attempt, out);
    out = lease_expires_at_.Write(Delivery::kLeaseExpiresAtFieldNumber, out);
    out = WriteNumber(Delivery::kKindFieldNumber, static_cast<uint64_t>(delivery_.kind), out);
    out = accepted_at_.Write(Delivery::kAcceptedAtFieldNumber, out);
    if (delivery_.out_of_order) out = WriteNumber(Delivery::kOutOfOrderFieldNumber, 1, out);
    return out;
  }

  uint64_t sequence() const { return delivery_.event->ref.sequence.value(); }

  const targets::OutgoingDelivery& delivery_;
  const WireTime lease_expires_at_;
  const WireTime accepted_at_;
  const size_t size_;
};

void AppendDelivery(int field, const targets::OutgoingDelivery& delivery, std::string* out) {
  DeliveryWriter(delivery).AppendTo(field, out);
}

// About what the first deliveries take.
size_t BytesOf(const std::deque<targets::OutgoingDelivery>& deliveries, size_t count_max) {
  constexpr size_t kBesideEvent = 192;
  size_t bytes = 0;
  for (size_t i = 0; i < std::min(count_max, deliveries.size()); ++i) {
    bytes += deliveries[i].event->bytes.size() + kBesideEvent;
  }
  return bytes;
}

}  // namespace

grpc::ByteBuffer EncodeDeliveryBatch(std::deque<targets::OutgoingDelivery>& deliveries,
                                     const BatchBounds& bounds) {
  std::string batch;
  batch.reserve(std::min(bounds.bytes_max, BytesOf(deliveries, bounds.deliveries_max)));
  for (size_t i = 0; i < bounds.deliveries_max && !deliveries.empty(); ++i) {
    if (i > 0 && batch.size() + deliveries.front().event->bytes.size() > bounds.bytes_max) break;
    AppendDelivery(pavane::v1::SubscribeResponse::DeliveryBatch::kDeliveriesFieldNumber,
                   deliveries.front(), &batch);
    deliveries.pop_front();
  }
  // The header of the member goes before, in a slice of its own: nothing is copied.
  uint8_t header[16];
  const uint8_t* end =
      WriteHeader(pavane::v1::SubscribeResponse::kDeliveriesFieldNumber, batch.size(), header);
  return ToByteBuffer(std::string(reinterpret_cast<const char*>(header), end - header),
                      std::move(batch));
}

grpc::ByteBuffer EncodePullResponse(const std::vector<targets::OutgoingDelivery>& deliveries) {
  std::string message;
  for (const targets::OutgoingDelivery& delivery : deliveries) {
    AppendDelivery(pavane::v1::PullResponse::kDeliveriesFieldNumber, delivery, &message);
  }
  return ToByteBuffer(std::move(message));
}

}  // namespace pavane::rpc
