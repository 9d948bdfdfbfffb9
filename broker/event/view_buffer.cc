#include "event/view_buffer.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "event/json.h"
#include "event/json_text.h"

namespace pavane::event {
namespace {

using Member = EventView::Member;

absl::Time ToTime(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

std::string FormatExact(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

std::string FormatSeconds(absl::Time time) {
  // Floor, so that a time is never shown later than it was.
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(absl::ToUnixSeconds(time)),
                          absl::UTCTimeZone());
}

// The `time` attribute, a timestamp or a text in RFC 3339.
absl::Time EventTime(const AttributeValue& value) {
  if (value.attr_case() == AttributeValue::kCeTimestamp) return ToTime(value.ce_timestamp());
  absl::Time time;
  std::string ignored;  // Validate has parsed the text before
  absl::ParseTime(absl::RFC3339_full, value.ce_string(), &time, &ignored);
  return time;
}

// Names of the EventBridge envelope that an attribute cannot have at top level; the others of the
// envelope are no attribute names at all.
bool IsTaken(absl::string_view name) {
  return name == "version" || name == "account" || name == "region" || name == "resources" ||
         name == "detail" || name == "ce";
}

void AppendJsonValue(const Member& member, std::string* out) {
  switch (member.kind) {
    case Member::kInteger:
      absl::StrAppend(out, member.integer);
      break;
    case Member::kBoolean:
      absl::StrAppend(out, member.boolean ? "true" : "false");
      break;
    case Member::kString:
      AppendJsonString(member.text, out);
      break;
    case Member::kJson:
      absl::StrAppend(out, member.text);
      break;
  }
}

}  // namespace

absl::string_view ViewBuffer::Keep(absl::string_view text) {
  if (texts_used_ == texts_.size()) texts_.emplace_back();
  std::string& kept = texts_[texts_used_++];
  kept.reserve(text.size() + kJsonPadding);
  kept.assign(text.data(), text.size());
  kept.append(kJsonPadding, '\0');
  return absl::string_view(kept).substr(0, text.size());
}

void ViewBuffer::AddCollision(absl::string_view name, const Member& member) {
  collisions_.append(collisions_.empty() ? "{" : ",");
  AppendJsonString(name, &collisions_);
  collisions_.push_back(':');
  AppendJsonValue(member, &collisions_);
}

void ViewBuffer::AddAttribute(const std::string& name, const AttributeValue& value) {
  Member member;
  switch (value.attr_case()) {
    case AttributeValue::kCeBoolean:
      member = Member::Boolean(name, value.ce_boolean());
      break;
    case AttributeValue::kCeInteger:
      member = Member::Integer(name, value.ce_integer());
      break;
    case AttributeValue::kCeString:
      member = Member::String(name, value.ce_string());
      break;
    case AttributeValue::kCeUri:
      member = Member::String(name, value.ce_uri());
      break;
    case AttributeValue::kCeUriRef:
      member = Member::String(name, value.ce_uri_ref());
      break;
    case AttributeValue::kCeBytes:
      member = Member::String(name, Keep(absl::Base64Escape(value.ce_bytes())));
      break;
    case AttributeValue::kCeTimestamp:
      member = Member::String(name, Keep(FormatExact(ToTime(value.ce_timestamp()))));
      break;
    case AttributeValue::ATTR_NOT_SET:
      return;
  }
  if (name == kTime) member = Member::String(name, Keep(FormatSeconds(EventTime(value))));
  if (IsTaken(name)) {
    AddCollision(name, member);
  } else {
    members_.push_back(member);
  }
}

const EventView& ViewBuffer::Fill(const CloudEvent& event, const DataShape& shape) {
  members_.clear();
  texts_used_ = 0;
  collisions_.clear();
  members_.push_back(Member::String("version", "0"));
  members_.push_back(Member::String("id", event.id()));
  members_.push_back(Member::String("detail-type", event.type()));
  members_.push_back(Member::String("source", event.source()));
  members_.push_back(Member::String("account", ""));
  members_.push_back(Member::String("region", ""));
  members_.push_back(Member::Json("resources", Keep("[]")));
  members_.push_back(Member::String("specversion", event.spec_version()));
  for (const auto& [name, value] : event.attributes()) AddAttribute(name, value);
  if (!collisions_.empty()) {
    collisions_.push_back('}');
    members_.push_back(Member::Json("ce", Keep(collisions_)));
  }
  if (shape.has_detail) members_.push_back(Member::Json("detail", Keep(DataBytes(event))));
  view_ = EventView(members_, shape.distinct_paths || !shape.has_detail);
  return view_;
}

absl::StatusOr<EventView> ViewBuffer::FillStored(const StoredEvent& event) {
  if (!stored_.ParseFromString(event.bytes)) {
    return absl::DataLossError(absl::StrCat("event ", event.ref.sequence.value(), " of bus ",
                                            event.ref.bus.value(), " is not a CloudEvent message"));
  }
  DataShape shape;
  const absl::string_view data = DataBytes(stored_);
  if (!data.empty() && DataIsJson(stored_)) {
    // The data has passed ValidateJson at the door: its first character tells what it is.
    const size_t first = data.find_first_not_of(" \t\r\n");
    shape.has_detail = first != absl::string_view::npos && data[first] == '{';
  }
  return Fill(stored_, shape);
}

}  // namespace pavane::event
