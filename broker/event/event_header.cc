#include "event/event_header.h"

#include <cstdint>

#include "base/status_macros.h"
#include "event/attributes.h"

namespace pavane::event {
namespace {

// A cursor over one message in protobuf's wire format; only what CloudEvents use.
class Fields {
 public:
  explicit Fields(absl::string_view bytes) : rest_(bytes) {}

  // Steps to the next field; false at the end or on bytes that are no message.
  bool Next() {
    uint64_t tag = 0;
    if (rest_.empty() || !Varint(&tag)) return false;
    number_ = static_cast<uint32_t>(tag >> 3);
    text_ = {};
    switch (tag & 7) {
      case 0:
        return Varint(&tag);
      case 1:
        return Take(8);
      case 2:
        return Varint(&tag) && Take(tag);
      case 5:
        return Take(4);
      default:
        return Broken();
    }
  }
  uint32_t number() const { return number_; }
  absl::string_view text() const { return text_; }  // of a length-delimited field
  bool broken() const { return broken_; }

 private:
  bool Broken() {
    broken_ = true;
    return false;
  }
  bool Varint(uint64_t* value) {
    *value = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return Broken();
  }
  bool Take(uint64_t size) {
    if (size > rest_.size()) return Broken();
    text_ = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  absl::string_view rest_;
  absl::string_view text_;
  uint32_t number_ = 0;
  bool broken_ = false;
};

// The text of a CloudEventAttributeValue: string, URI or URI-reference.
absl::string_view AttributeText(absl::string_view bytes) {
  absl::string_view text;
  Fields value(bytes);
  while (value.Next()) {
    const uint32_t number = value.number();
    if (number == AttributeValue::kCeStringFieldNumber ||
        number == AttributeValue::kCeUriFieldNumber ||
        number == AttributeValue::kCeUriRefFieldNumber) {
      text = value.text();
    }
  }
  return text;
}

void ReadAttribute(absl::string_view entry_bytes, EventHeader* header) {
  absl::string_view name;
  absl::string_view value;
  Fields entry(entry_bytes);
  while (entry.Next()) {
    if (entry.number() == 1) name = entry.text();
    if (entry.number() == 2) value = entry.text();
  }
  if (name == kCorrelationId) header->correlation_id = AttributeText(value);
  if (name == kCausationId) header->causation_id = AttributeText(value);
  if (name == kTraceParent) header->trace_parent = AttributeText(value);
  if (name == kTraceState) header->trace_state = AttributeText(value);
}

}  // namespace

absl::StatusOr<EventHeader> ReadEventHeader(absl::string_view bytes) {
  EventHeader header;
  Fields event(bytes);
  while (event.Next()) {
    switch (event.number()) {
      case CloudEvent::kIdFieldNumber:
        header.id = event.text();
        break;
      case CloudEvent::kSourceFieldNumber:
        header.source = event.text();
        break;
      case CloudEvent::kTypeFieldNumber:
        header.type = event.text();
        break;
      case CloudEvent::kAttributesFieldNumber:
        ReadAttribute(event.text(), &header);
        break;
      default:
        break;
    }
  }
  if (event.broken()) return absl::DataLossError("a stored event is not a CloudEvent message");
  return header;
}

}  // namespace pavane::event
