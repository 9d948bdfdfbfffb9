#include "clients/cli/cloud_event.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

#include "clients/cli/escape.h"
#include "clients/cli/status.h"
#include "clients/cli/timestamp.h"

namespace pavane::cli {
namespace {

using ::io::cloudevents::v1::CloudEvent;
using AttributeValue = CloudEvent::CloudEventAttributeValue;

absl::Status BadAttribute(absl::string_view name, absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat("attribute '", name, "' ", message));
}

absl::Status SetTime(absl::string_view name, absl::string_view text, CloudEvent* event) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return BadAttribute(name, absl::StrCat("is not an RFC 3339 time: '", text, "'"));
  }
  *(*event->mutable_attributes())[std::string(name)].mutable_ce_timestamp() = ToProto(time);
  return absl::OkStatus();
}

// The attributes that are fields of the message; null for all others.
std::string* RequiredField(absl::string_view name, CloudEvent* event) {
  if (name == "id") return event->mutable_id();
  if (name == "source") return event->mutable_source();
  if (name == "type") return event->mutable_type();
  if (name == "specversion") return event->mutable_spec_version();
  return nullptr;
}

absl::Status SetString(absl::string_view name, const std::string& text, CloudEvent* event) {
  if (name == "time") return SetTime(name, text, event);
  AttributeValue& attribute = (*event->mutable_attributes())[std::string(name)];
  if (name == "dataschema") {
    attribute.set_ce_uri(text);
  } else {
    attribute.set_ce_string(text);
  }
  return absl::OkStatus();
}

absl::Status SetData(const JsonValue& data, CloudEvent* event) {
  if (data.kind() == JsonValue::Kind::kNull) return absl::OkStatus();
  const bool is_text = data.is_string() && !HasJsonContentType(*event);
  event->set_text_data(is_text ? data.text() : data.ToJson());
  return absl::OkStatus();
}

absl::Status SetBase64Data(const JsonValue& data, CloudEvent* event) {
  std::string bytes;
  if (!data.is_string() || !absl::Base64Unescape(data.text(), &bytes)) {
    return absl::InvalidArgumentError("'data_base64' is not base64 text");
  }
  event->set_binary_data(bytes);
  return absl::OkStatus();
}

JsonValue AttributeToJson(const AttributeValue& value) {
  switch (value.attr_case()) {
    case AttributeValue::kCeBoolean:
      return JsonValue::Boolean(value.ce_boolean());
    case AttributeValue::kCeInteger:
      return JsonValue::Number(absl::StrCat(value.ce_integer()));
    case AttributeValue::kCeString:
      return JsonValue::String(value.ce_string());
    case AttributeValue::kCeBytes:
      return JsonValue::String(absl::Base64Escape(value.ce_bytes()));
    case AttributeValue::kCeUri:
      return JsonValue::String(value.ce_uri());
    case AttributeValue::kCeUriRef:
      return JsonValue::String(value.ce_uri_ref());
    case AttributeValue::kCeTimestamp:
      return JsonValue::String(absl::FormatTime(
          "%Y-%m-%dT%H:%M:%E*SZ", FromProto(value.ce_timestamp()), absl::UTCTimeZone()));
    case AttributeValue::ATTR_NOT_SET:
      break;
  }
  return JsonValue();
}

void AppendData(const CloudEvent& event, absl::string_view data, JsonValue* json) {
  if (HasJsonContentType(event)) {
    absl::StatusOr<JsonValue> value = ParseJson(data);
    if (value.ok()) return json->Append("data", *std::move(value));
  }
  if (IsUtf8(data)) return json->Append("data", JsonValue::String(data));
  json->Append("data_base64", JsonValue::String(absl::Base64Escape(data)));
}

}  // namespace

absl::Status SetAttribute(absl::string_view name, const JsonValue& value, CloudEvent* event) {
  if (std::string* field = RequiredField(name, event)) {
    if (!value.is_string()) return BadAttribute(name, "must be text");
    *field = value.text();
    return absl::OkStatus();
  }
  AttributeValue attribute;
  int32_t integer;
  switch (value.kind()) {
    case JsonValue::Kind::kNull:
      return absl::OkStatus();
    case JsonValue::Kind::kString:
      return SetString(name, value.text(), event);
    case JsonValue::Kind::kBoolean:
      attribute.set_ce_boolean(value.text() == "true");
      break;
    case JsonValue::Kind::kNumber:
      if (!absl::SimpleAtoi(value.text(), &integer)) {
        return BadAttribute(name, "must be a 32-bit integer when it is a number");
      }
      attribute.set_ce_integer(integer);
      break;
    default:
      return BadAttribute(name, "must be text, a boolean or an integer");
  }
  (*event->mutable_attributes())[std::string(name)] = attribute;
  return absl::OkStatus();
}

absl::StatusOr<CloudEvent> EventFromJson(const JsonValue& json) {
  if (!json.is_object()) return absl::InvalidArgumentError("an event must be a JSON object");
  CloudEvent event;
  // Attributes first: what `data` means depends on datacontenttype.
  for (const auto& [name, value] : json.members()) {
    if (name == "data" || name == "data_base64") continue;
    CLI_RETURN_IF_ERROR(SetAttribute(name, value, &event));
  }
  const JsonValue* data = json.Find("data");
  const JsonValue* data_base64 = json.Find("data_base64");
  if (data != nullptr && data_base64 != nullptr) {
    return absl::InvalidArgumentError("an event has 'data' or 'data_base64', not both");
  }
  if (data != nullptr) CLI_RETURN_IF_ERROR(SetData(*data, &event));
  if (data_base64 != nullptr) CLI_RETURN_IF_ERROR(SetBase64Data(*data_base64, &event));
  return event;
}

JsonValue EventToJson(const CloudEvent& event) {
  JsonValue json = JsonValue::Object();
  json.Append("specversion", JsonValue::String(event.spec_version()));
  json.Append("id", JsonValue::String(event.id()));
  json.Append("source", JsonValue::String(event.source()));
  json.Append("type", JsonValue::String(event.type()));
  // A map has no order of its own; sorted output can be compared.
  const std::map<std::string, AttributeValue> sorted(event.attributes().begin(),
                                                     event.attributes().end());
  for (const auto& [name, value] : sorted) json.Append(name, AttributeToJson(value));
  switch (event.data_case()) {
    case CloudEvent::kTextData:
      AppendData(event, event.text_data(), &json);
      break;
    case CloudEvent::kBinaryData:
      AppendData(event, event.binary_data(), &json);
      break;
    case CloudEvent::kProtoData:
      json.Append("protodatatype", JsonValue::String(event.proto_data().type_url()));
      json.Append("data_base64", JsonValue::String(absl::Base64Escape(event.proto_data().value())));
      break;
    case CloudEvent::DATA_NOT_SET:
      break;
  }
  return json;
}

std::string DataForPeople(const CloudEvent& event) {
  const JsonValue json = EventToJson(event);
  if (const JsonValue* data = json.Find("data")) {
    return data->is_string() && !HasJsonContentType(event) ? data->text() : data->ToJson();
  }
  const size_t size = event.data_case() == CloudEvent::kBinaryData
                          ? event.binary_data().size()
                          : event.proto_data().value().size();
  return size == 0 ? "" : absl::StrCat("(", size, " bytes)");
}

bool HasJsonContentType(const CloudEvent& event) {
  const auto found = event.attributes().find("datacontenttype");
  if (found == event.attributes().end()) return true;
  std::string type = absl::AsciiStrToLower(found->second.ce_string());
  type = std::string(absl::StripAsciiWhitespace(type.substr(0, type.find(';'))));
  return type.empty() || type == "application/json" || absl::EndsWith(type, "+json");
}

std::string NewEventId() {
  std::random_device random;
  std::array<uint32_t, 4> words;
  std::generate(words.begin(), words.end(), [&] { return random(); });
  return absl::StrFormat("%08x-%04x-4%03x-%04x-%04x%08x", words[0], words[1] >> 16,
                         words[1] & 0xFFF, 0x8000 | (words[2] & 0x3FFF), words[2] >> 16, words[3]);
}

}  // namespace pavane::cli
