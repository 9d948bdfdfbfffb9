// Events between the CloudEvents JSON format and the protobuf format.
#ifndef PAVANE_CLIENTS_CLI_CLOUD_EVENT_H_
#define PAVANE_CLIENTS_CLI_CLOUD_EVENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "clients/cli/json_value.h"
#include "io/cloudevents/v1/cloudevents.pb.h"

namespace pavane::cli {

// Reads one event in the CloudEvents JSON format (`data` or `data_base64`). Missing attributes stay
// empty: the broker refuses them with its own reason. Wrong types are refused here, naming the
// member.
absl::StatusOr<io::cloudevents::v1::CloudEvent> EventFromJson(const JsonValue& json);

// The CloudEvents JSON format. JSON data becomes a JSON value, other text a string, bytes
// `data_base64`, a protobuf payload `data_base64` with its type as `protodatatype`.
JsonValue EventToJson(const io::cloudevents::v1::CloudEvent& event);

// The event's data on one line for people: JSON compact, text as it is, bytes as "(12 bytes)".
std::string DataForPeople(const io::cloudevents::v1::CloudEvent& event);

// Sets an attribute by its name as typed: `id`, `source`, `type`, `time` and so on go where they
// belong; `value` of kind boolean or integer keeps its type.
absl::Status SetAttribute(absl::string_view name, const JsonValue& value,
                          io::cloudevents::v1::CloudEvent* event);

// Whether the event's data is meant to be JSON: by `datacontenttype`, absent means JSON.
bool HasJsonContentType(const io::cloudevents::v1::CloudEvent& event);

// A random id, UUID version 4.
std::string NewEventId();

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_CLOUD_EVENT_H_
