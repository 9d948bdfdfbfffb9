#include "pavane/event.h"

#include <utility>

#include "clients/cpp/src/durations.h"
#include "pavane/uuid.h"

namespace pavane {
inline namespace client {
namespace {

using Value = io::cloudevents::v1::CloudEvent::CloudEventAttributeValue;

Value& At(Event::Message& message, std::string_view name) {
  return (*message.mutable_attributes())[std::string(name)];
}

const Value* Find(const Event::Message& message, std::string_view name) {
  const auto it = message.attributes().find(std::string(name));
  return it == message.attributes().end() ? nullptr : &it->second;
}

}  // namespace

Event::Event() { own_.set_spec_version("1.0"); }

Event::Event(std::string_view type) : Event() { SetType(type); }

Event::Event(Message message) : own_(std::move(message)) {
  if (own_.spec_version().empty()) own_.set_spec_version("1.0");
}

Event& Event::operator=(const Event& other) {
  if (this == &other) return *this;
  own_ = other.message();
  borrowed_ = nullptr;
  return *this;
}

Event& Event::operator=(Event&& other) noexcept {
  if (this == &other) return *this;
  own_ = std::move(other.mutable_message());
  borrowed_ = nullptr;
  return *this;
}

Event::Message& Event::mutable_message() {
  if (borrowed_ != nullptr) own_ = *std::exchange(borrowed_, nullptr);
  return own_;
}

Event& Event::SetId(std::string_view id) {
  mutable_message().set_id(id.data(), id.size());
  return *this;
}

Event& Event::EnsureId() {
  if (id().empty()) mutable_message().set_id(RandomUuid());
  return *this;
}

Event& Event::SetSource(std::string_view source) {
  mutable_message().set_source(source.data(), source.size());
  return *this;
}

Event& Event::SetType(std::string_view type) {
  mutable_message().set_type(type.data(), type.size());
  return *this;
}

Event& Event::SetSubject(std::string_view subject) { return SetAttribute("subject", subject); }

Event& Event::SetTime(TimePoint time) { return SetAttribute("time", time); }

Event& Event::SetCorrelationId(std::string_view id) { return SetAttribute("correlationid", id); }

Event& Event::SetCausationId(std::string_view id) { return SetAttribute("causationid", id); }

Event& Event::SetJson(std::string_view json) { return SetText(json, "application/json"); }

Event& Event::SetText(std::string_view text, std::string_view content_type) {
  mutable_message().set_text_data(text.data(), text.size());
  return SetAttribute("datacontenttype", content_type);
}

Event& Event::SetBinary(std::string_view bytes, std::string_view content_type) {
  mutable_message().set_binary_data(bytes.data(), bytes.size());
  return SetAttribute("datacontenttype", content_type);
}

Event& Event::SetAttribute(std::string_view name, std::string_view value) {
  if (value.empty()) {
    mutable_message().mutable_attributes()->erase(std::string(name));
  } else {
    At(mutable_message(), name).set_ce_string(value.data(), value.size());
  }
  return *this;
}

Event& Event::SetAttribute(std::string_view name, const char* value) {
  return SetAttribute(name, std::string_view(value));
}

Event& Event::SetAttribute(std::string_view name, bool value) {
  At(mutable_message(), name).set_ce_boolean(value);
  return *this;
}

Event& Event::SetAttribute(std::string_view name, int32_t value) {
  At(mutable_message(), name).set_ce_integer(value);
  return *this;
}

Event& Event::SetAttribute(std::string_view name, TimePoint value) {
  *At(mutable_message(), name).mutable_ce_timestamp() = internal::ToMessage(value);
  return *this;
}

std::optional<Event::TimePoint> Event::time() const {
  const Value* value = Find(message(), "time");
  if (value == nullptr || !value->has_ce_timestamp()) return std::nullopt;
  return internal::FromMessage(value->ce_timestamp());
}

std::string_view Event::Attribute(std::string_view name) const {
  const Value* value = Find(message(), name);
  if (value == nullptr) return {};
  switch (value->attr_case()) {
    case Value::kCeString:
      return value->ce_string();
    case Value::kCeUri:
      return value->ce_uri();
    case Value::kCeUriRef:
      return value->ce_uri_ref();
    case Value::kCeBytes:
      return value->ce_bytes();
    default:
      return {};
  }
}

bool Event::HasAttribute(std::string_view name) const { return Find(message(), name) != nullptr; }

std::string_view Event::data() const {
  if (message().has_text_data()) return message().text_data();
  if (message().has_binary_data()) return message().binary_data();
  return {};
}

}  // namespace client
}  // namespace pavane
