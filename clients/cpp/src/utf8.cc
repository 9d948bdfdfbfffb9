#include "clients/cpp/src/utf8.h"

#include <cstring>

#include "clients/cpp/src/errors.h"

namespace pavane {
inline namespace client {
namespace internal {
namespace {

uint8_t At(std::string_view text, size_t i) { return static_cast<uint8_t>(text[i]); }

// Length of the sequence that starts at `i`, 0 if it is not well-formed (Unicode, table 3-7).
size_t SequenceLength(std::string_view text, size_t i) {
  const uint8_t lead = At(text, i);
  if (lead < 0x80) return 1;
  size_t length = 0;
  // Bounds of the second byte: no overlong forms, no surrogates, nothing beyond U+10FFFF.
  uint8_t low = 0x80;
  uint8_t high = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
  }
  if (length == 0 || i + length > text.size()) return 0;
  if (At(text, i + 1) < low || At(text, i + 1) > high) return 0;
  for (size_t k = 2; k < length; ++k) {
    if ((At(text, i + k) & 0xc0) != 0x80) return 0;
  }
  return length;
}

// Length of the leading ASCII, eight bytes at a time: most data is nothing else.
size_t SkipAscii(std::string_view text, size_t i) {
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, sizeof(word));
    if ((word & 0x8080808080808080u) != 0) break;
  }
  return i;
}

Error BadText(const std::string& field) {
  Error error = MakeError(kInvalidArgument, field + " is not valid UTF-8");
  error.reason = pavane::v1::INVALID_UTF8;
  return error;
}

using Value = io::cloudevents::v1::CloudEvent::CloudEventAttributeValue;

std::string_view TextOf(const Value& value) {
  if (value.has_ce_string()) return value.ce_string();
  if (value.has_ce_uri()) return value.ce_uri();
  if (value.has_ce_uri_ref()) return value.ce_uri_ref();
  return {};
}

}  // namespace

bool IsUtf8(std::string_view text) {
  size_t i = 0;
  while ((i = SkipAscii(text, i)) < text.size()) {
    const size_t length = SequenceLength(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string CleanUtf8(std::string text, size_t bytes_max) {
  if (text.size() > bytes_max) {
    while (bytes_max > 0 && (At(text, bytes_max) & 0xc0) == 0x80) --bytes_max;
    text.resize(bytes_max);
  }
  for (size_t i = 0; i < text.size();) {
    const size_t length = SequenceLength(text, i);
    if (length == 0) text[i] = '?';
    i += length == 0 ? 1 : length;
  }
  return text;
}

Error CheckText(const pavane::v1::PublishEntry& entry) {
  const auto& event = entry.event();
  if (!IsUtf8(event.id())) return BadText("id");
  if (!IsUtf8(event.source())) return BadText("source");
  if (!IsUtf8(event.type())) return BadText("type");
  if (!IsUtf8(event.spec_version())) return BadText("specversion");
  if (!IsUtf8(entry.bus())) return BadText("bus");
  if (!IsUtf8(entry.dedup_key())) return BadText("dedup_key");
  if (event.has_text_data() && !IsUtf8(event.text_data())) return BadText("text data");
  if (event.has_proto_data() && !IsUtf8(event.proto_data().type_url())) return BadText("type URL");
  for (const auto& [name, value] : event.attributes()) {
    if (!IsUtf8(name)) return BadText("an attribute's name");
    if (!IsUtf8(TextOf(value))) return BadText("attribute " + name);
  }
  return {};
}

}  // namespace internal
}  // namespace client
}  // namespace pavane
