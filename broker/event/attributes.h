#ifndef PAVANE_EVENT_ATTRIBUTES_H_
#define PAVANE_EVENT_ATTRIBUTES_H_

#include <string>

#include "absl/strings/string_view.h"

#include "io/cloudevents/v1/cloudevents.pb.h"

namespace pavane::event {

using CloudEvent = io::cloudevents::v1::CloudEvent;
using AttributeValue = io::cloudevents::v1::CloudEvent::CloudEventAttributeValue;

// Attributes that the broker itself reads or writes.
inline constexpr absl::string_view kCorrelationId = "correlationid";
inline constexpr absl::string_view kCausationId = "causationid";
inline constexpr absl::string_view kTraceParent = "traceparent";
inline constexpr absl::string_view kTraceState = "tracestate";
inline constexpr absl::string_view kDataContentType = "datacontenttype";
inline constexpr absl::string_view kTime = "time";

/// The text of a string, URI or URI-reference attribute; empty if there is none of that name or it
/// has another type. Lives as long as the event is not changed.
absl::string_view TextAttribute(const CloudEvent& event, absl::string_view name);
/// Sets it as a string.
void SetTextAttribute(CloudEvent& event, absl::string_view name, absl::string_view text);

/// The data as bytes: binary or text; empty when there is none or it is a protobuf message.
absl::string_view DataBytes(const CloudEvent& event);
/// Whether data, if it is text or binary, is JSON: datacontenttype is absent, application/json or
/// of the form */*+json, parameters aside.
bool DataIsJson(const CloudEvent& event);

}  // namespace pavane::event

#endif  // PAVANE_EVENT_ATTRIBUTES_H_
