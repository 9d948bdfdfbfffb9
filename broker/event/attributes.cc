#include "event/attributes.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace pavane::event {
namespace {

// What stands before the parameters of a media type.
absl::string_view MediaType(absl::string_view content_type) {
  const size_t end = content_type.find(';');
  return absl::StripAsciiWhitespace(content_type.substr(0, end));
}

}  // namespace

absl::string_view TextAttribute(const CloudEvent& event, absl::string_view name) {
  const auto found = event.attributes().find(std::string(name));
  if (found == event.attributes().end()) return {};
  const AttributeValue& value = found->second;
  switch (value.attr_case()) {
    case AttributeValue::kCeString:
      return value.ce_string();
    case AttributeValue::kCeUri:
      return value.ce_uri();
    case AttributeValue::kCeUriRef:
      return value.ce_uri_ref();
    default:
      return {};
  }
}

void SetTextAttribute(CloudEvent& event, absl::string_view name, absl::string_view text) {
  (*event.mutable_attributes())[std::string(name)].set_ce_string(std::string(text));
}

absl::string_view DataBytes(const CloudEvent& event) {
  switch (event.data_case()) {
    case CloudEvent::kBinaryData:
      return event.binary_data();
    case CloudEvent::kTextData:
      return event.text_data();
    default:
      return {};
  }
}

bool DataIsJson(const CloudEvent& event) {
  if (event.attributes().find(std::string(kDataContentType)) == event.attributes().end()) {
    return true;
  }
  const absl::string_view type = MediaType(TextAttribute(event, kDataContentType));
  if (absl::EqualsIgnoreCase(type, "application/json")) return true;
  const size_t slash = type.find('/');
  return slash != absl::string_view::npos && slash > 0 && type.size() > slash + 6 &&
         absl::EndsWithIgnoreCase(type, "+json");
}

}  // namespace pavane::event
