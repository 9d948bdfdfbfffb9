#include "clients/cli/message_json.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/json_util.h"

#include "clients/cli/cloud_event.h"
#include "io/cloudevents/v1/cloudevents.pb.h"

namespace pavane::cli {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::io::cloudevents::v1::CloudEvent;

// The message's `event` if it is set and a CloudEvent.
const FieldDescriptor* EventField(const Message& message) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName("event");
  if (field == nullptr || field->message_type() != CloudEvent::descriptor()) return nullptr;
  return message.GetReflection()->HasField(message, field) ? field : nullptr;
}

std::string PlainJson(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  // It fails only for an Any of an unknown type, and those are inside events.
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) return absl::StrCat("{\"error\":", JsonQuote(status.ToString()), "}");
  return json;
}

}  // namespace

std::string MessageToJson(const Message& message) {
  const FieldDescriptor* field = EventField(message);
  if (field == nullptr) return PlainJson(message);
  const auto& event =
      static_cast<const CloudEvent&>(message.GetReflection()->GetMessage(message, field));
  std::unique_ptr<Message> rest(message.New());
  rest->CopyFrom(message);
  rest->GetReflection()->ClearField(rest.get(), field);
  std::string json = PlainJson(*rest);
  json.pop_back();
  return absl::StrCat(json, json.size() > 1 ? "," : "", "\"event\":", EventToJson(event).ToJson(),
                      "}");
}

absl::Status MessageFromJson(const JsonValue& json, Message* message) {
  const auto status = google::protobuf::util::JsonStringToMessage(json.ToJson(), message);
  if (status.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::string_view(status.message().data(), status.message().size()));
}

}  // namespace pavane::cli
