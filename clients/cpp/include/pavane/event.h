#ifndef PAVANE_CLIENTS_CPP_EVENT_H_
#define PAVANE_CLIENTS_CPP_EVENT_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "io/cloudevents/v1/cloudevents.pb.h"

namespace pavane {
inline namespace client {

// One CloudEvents 1.0 event: built by a publisher or a handler, read by a handler. A plain value
// over the protobuf message; not synchronized. Setters return the event, so they chain:
//
//   Event("BookingCreated").SetSource("/booking").SetSubject(id).SetJson(R"({"amount": 120})")
//
// An event may be left without id: Publisher gives it a random UUID when it takes it, and the
// broker derives the id of an emit from the delivery, so that a repeated handler emits the same id
// again. Without source it gets the options'. Views returned by readers are valid until the event
// is changed or gone.
class Event {
 public:
  using TimePoint = std::chrono::system_clock::time_point;
  using Message = io::cloudevents::v1::CloudEvent;

  Event();
  explicit Event(std::string_view type);
  explicit Event(Message message);
  Event(const Event& other) : own_(other.message()) {}
  Event(Event&& other) noexcept : own_(std::move(other.mutable_message())) {}
  Event& operator=(const Event& other);
  Event& operator=(Event&& other) noexcept;
  ~Event() = default;

  Event& SetId(std::string_view id);
  // Gives a random UUID if there is no id yet.
  Event& EnsureId();
  Event& SetSource(std::string_view source);
  Event& SetType(std::string_view type);
  Event& SetSubject(std::string_view subject);
  Event& SetTime(TimePoint time);
  // Flow and cause. Leave both alone in emits: there the broker sets them and refuses others.
  Event& SetCorrelationId(std::string_view id);
  Event& SetCausationId(std::string_view id);

  // The data as JSON text; rules see an object as `detail`. Not checked here, the broker does.
  Event& SetJson(std::string_view json);
  Event& SetText(std::string_view text, std::string_view content_type);
  Event& SetBinary(std::string_view bytes, std::string_view content_type);

  // Any other attribute. Names are lower-case ASCII letters and digits. An empty string removes it.
  Event& SetAttribute(std::string_view name, std::string_view value);
  Event& SetAttribute(std::string_view name, const char* value);
  Event& SetAttribute(std::string_view name, bool value);
  Event& SetAttribute(std::string_view name, int32_t value);
  Event& SetAttribute(std::string_view name, TimePoint value);

  std::string_view id() const { return message().id(); }
  std::string_view source() const { return message().source(); }
  std::string_view type() const { return message().type(); }
  std::string_view subject() const { return Attribute("subject"); }
  std::string_view correlation_id() const { return Attribute("correlationid"); }
  std::string_view causation_id() const { return Attribute("causationid"); }
  std::string_view content_type() const { return Attribute("datacontenttype"); }
  std::optional<TimePoint> time() const;

  // The value of a string-like attribute (string, URI, URI-reference, bytes); empty if absent or of
  // another type.
  std::string_view Attribute(std::string_view name) const;
  bool HasAttribute(std::string_view name) const;

  // Text or bytes of the data; empty if there is none or it is a protobuf message.
  std::string_view data() const;

  const Message& message() const { return borrowed_ != nullptr ? *borrowed_ : own_; }
  Message& mutable_message();

 private:
  friend class Delivery;
  // The event within a delivery: the message outlives it. A copy has a message of its own.
  explicit Event(const Message* borrowed) : borrowed_(borrowed) {}

  Message own_;
  const Message* borrowed_ = nullptr;
};

// An event on its way to a bus: what a publisher publishes and a handler emits. Made from an Event
// by itself.
struct PublishEntry {
  PublishEntry(Event e)
      : event(std::move(e)) {}  // NOLINT(google-explicit-constructor): the usual case
  PublishEntry(Event e, std::string_view bus_name) : event(std::move(e)), bus(bus_name) {}

  Event event;
  // Empty: the publisher's default bus, or `default`; in an emit the consumed event's bus.
  std::string bus;
  // De-duplicates instead of (source, id). Empty: (source, id).
  std::string dedup_key;
};

}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_EVENT_H_
