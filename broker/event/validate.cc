#include "event/validate.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

#include "base/status_macros.h"
#include "base/utf8.h"
#include "event/json.h"
#include "event/reason.h"

namespace pavane::event {
namespace {

using pavane::v1::EVENT_TOO_LARGE;
using pavane::v1::INVALID_ATTRIBUTE;
using pavane::v1::INVALID_JSON;
using pavane::v1::INVALID_UTF8;
using pavane::v1::MISSING_ATTRIBUTE;

// Whether all bytes are ASCII from space to '~', as those of nearly every attribute are: valid
// UTF-8 without control characters then. Eight bytes a step, without branches within one.
bool IsPrintableAscii(absl::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighBits = kOnes * 0x80;
  uint64_t bad = 0;
  for (size_t at = 0; at < text.size(); at += sizeof(uint64_t)) {
    uint64_t word = kOnes * ' ';
    std::memcpy(&word, text.data() + at, std::min(sizeof(word), text.size() - at));
    const uint64_t delete_is_zero = word ^ (kOnes * 0x7f);
    bad |= word;                                        // beyond ASCII
    bad |= word - kOnes * ' ';                          // below space
    bad |= (delete_is_zero - kOnes) & ~delete_is_zero;  // U+007F
  }
  return (bad & kHighBits) == 0;
}

// The first of U+0000 to U+001F and U+007F to U+009F in valid UTF-8; -1 if there is none.
int FindControl(absl::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) return byte;
    if (byte != 0xc2) continue;  // the lead of U+0080 to U+00BF
    const auto next = static_cast<unsigned char>(text[i + 1]);
    if (next < 0xa0) return next;
  }
  return -1;
}

absl::Status CheckText(absl::string_view name, absl::string_view text) {
  if (IsPrintableAscii(text)) return absl::OkStatus();
  if (!IsValidUtf8(text)) {
    return Invalid(INVALID_UTF8, absl::StrCat("attribute '", name, "' is not valid UTF-8"));
  }
  if (const int control = FindControl(text); control >= 0) {
    return Invalid(INVALID_ATTRIBUTE,
                   absl::StrFormat("attribute '%s' has the control character U+%04X, which "
                                   "CloudEvents forbid in attributes",
                                   name, control));
  }
  return absl::OkStatus();
}

absl::Status CheckRequired(absl::string_view name, absl::string_view text) {
  if (text.empty()) {
    return Invalid(MISSING_ATTRIBUTE,
                   absl::StrCat("the CloudEvents attribute '", name, "' is required"));
  }
  if (text.size() > kIdentityBytesMax) {
    return Invalid(INVALID_ATTRIBUTE, absl::StrCat("attribute '", name, "' has ", text.size(),
                                                   " bytes; at most ", kIdentityBytesMax));
  }
  return CheckText(name, text);
}

absl::Status CheckRequiredAttributes(const CloudEvent& event, const ValidateOptions& options) {
  if (options.id_required || !event.id().empty()) {
    RETURN_IF_ERROR(CheckRequired("id", event.id()));
  }
  RETURN_IF_ERROR(CheckRequired("source", event.source()));
  RETURN_IF_ERROR(CheckRequired("specversion", event.spec_version()));
  RETURN_IF_ERROR(CheckRequired("type", event.type()));
  if (event.spec_version() != "1.0") {
    return Invalid(INVALID_ATTRIBUTE,
                   absl::StrCat("specversion is '", event.spec_version(), "'; must be '1.0'"));
  }
  return absl::OkStatus();
}

absl::Status CheckName(absl::string_view name) {
  if (name.empty()) return Invalid(INVALID_ATTRIBUTE, "an attribute has an empty name");
  if (!IsValidUtf8(name)) {
    return Invalid(INVALID_UTF8, "the name of an attribute is not valid UTF-8");
  }
  if (name.size() > kAttributeNameBytesMax) {
    return Invalid(INVALID_ATTRIBUTE,
                   absl::StrCat("the name of attribute '", name.substr(0, kAttributeNameBytesMax),
                                "...' is longer than ", kAttributeNameBytesMax, " bytes"));
  }
  for (const char c : name) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
      return Invalid(INVALID_ATTRIBUTE,
                     absl::StrCat("attribute name '", name,
                                  "' may only have lower-case letters a-z and digits"));
    }
  }
  if (name == "id" || name == "source" || name == "type" || name == "specversion" ||
      name == "data") {
    return Invalid(INVALID_ATTRIBUTE,
                   absl::StrCat("'", name, "' is a field of the event, not an attribute"));
  }
  return absl::OkStatus();
}

absl::Status CheckTimestamp(absl::string_view name, const google::protobuf::Timestamp& time) {
  // 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z, as protobuf defines it.
  if (time.seconds() < -62'135'596'800 || time.seconds() > 253'402'300'799 || time.nanos() < 0 ||
      time.nanos() > 999'999'999) {
    return Invalid(INVALID_ATTRIBUTE,
                   absl::StrCat("attribute '", name, "' is not a time of the years 1 to 9999"));
  }
  return absl::OkStatus();
}

absl::Status CheckTimeText(absl::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return Invalid(INVALID_ATTRIBUTE,
                   absl::StrCat("attribute 'time' must be a timestamp (RFC 3339): ", error));
  }
  return absl::OkStatus();
}

// Attributes that the CloudEvents specification or the broker gives a type and a meaning.
absl::Status CheckKnown(const std::string& name, const AttributeValue& value,
                        absl::string_view text) {
  const bool is_text = value.attr_case() == AttributeValue::kCeString ||
                       value.attr_case() == AttributeValue::kCeUri ||
                       value.attr_case() == AttributeValue::kCeUriRef;
  if (name == kTime) {
    if (value.attr_case() == AttributeValue::kCeTimestamp) return absl::OkStatus();
    const bool is_string = value.attr_case() == AttributeValue::kCeString;
    return CheckTimeText(is_string ? text : absl::string_view("not a text"));
  }
  const bool known = name == "subject" || name == "dataschema" || name == kDataContentType ||
                     name == kCorrelationId || name == kCausationId || name == kTraceParent ||
                     name == kTraceState || name == "partitionkey";
  if (!known) return absl::OkStatus();
  if (!is_text || text.empty()) {
    return Invalid(INVALID_ATTRIBUTE, absl::StrCat("attribute '", name, "' must be a text"));
  }
  if (text.size() > kIdentityBytesMax) {
    return Invalid(INVALID_ATTRIBUTE, absl::StrCat("attribute '", name, "' has ", text.size(),
                                                   " bytes; at most ", kIdentityBytesMax));
  }
  return absl::OkStatus();
}

absl::Status CheckAttribute(const std::string& name, const AttributeValue& value) {
  RETURN_IF_ERROR(CheckName(name));
  absl::string_view text;
  switch (value.attr_case()) {
    case AttributeValue::ATTR_NOT_SET:
      return Invalid(INVALID_ATTRIBUTE, absl::StrCat("attribute '", name, "' has no value"));
    case AttributeValue::kCeString:
      text = value.ce_string();
      break;
    case AttributeValue::kCeUri:
      text = value.ce_uri();
      break;
    case AttributeValue::kCeUriRef:
      text = value.ce_uri_ref();
      break;
    case AttributeValue::kCeTimestamp:
      RETURN_IF_ERROR(CheckTimestamp(name, value.ce_timestamp()));
      break;
    default:
      break;
  }
  RETURN_IF_ERROR(CheckText(name, text));
  return CheckKnown(name, value, text);
}

absl::StatusOr<DataShape> CheckData(const CloudEvent& event) {
  DataShape shape;
  if (event.data_case() == CloudEvent::kTextData && !IsValidUtf8(event.text_data())) {
    return Invalid(INVALID_UTF8, "text_data is not valid UTF-8");
  }
  const absl::string_view data = DataBytes(event);
  if (data.empty() || !DataIsJson(event)) return shape;
  if (!IsValidUtf8(data)) {
    return Invalid(INVALID_UTF8,
                   "the data is declared as JSON but is not valid UTF-8; for other data set "
                   "datacontenttype");
  }
  absl::StatusOr<JsonShape> json = ValidateJson(data);
  if (!json.ok()) {
    return Invalid(INVALID_JSON,
                   absl::StrCat("the data is declared as JSON: ", json.status().message(),
                                "; for other data set datacontenttype"));
  }
  shape.has_detail = json->top == JsonShape::kObject;
  shape.distinct_paths = json->distinct_paths;
  return shape;
}

}  // namespace

absl::StatusOr<DataShape> Validate(const CloudEvent& event, const ValidateOptions& options) {
  const size_t bytes = event.ByteSizeLong();
  if (bytes > options.bytes_max) {
    return Invalid(EVENT_TOO_LARGE, absl::StrCat("the event has ", bytes, " bytes; the limit is ",
                                                 options.bytes_max));
  }
  RETURN_IF_ERROR(CheckRequiredAttributes(event, options));
  if (event.attributes_size() > kAttributesMax) {
    return Invalid(INVALID_ATTRIBUTE, absl::StrCat("the event has ", event.attributes_size(),
                                                   " attributes; at most ", kAttributesMax));
  }
  for (const auto& [name, value] : event.attributes()) {
    RETURN_IF_ERROR(CheckAttribute(name, value));
  }
  return CheckData(event);
}

}  // namespace pavane::event
