#include "clients/cli/message_json.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/json_util.h"

#include "clients/cli/cloud_event.h"
#include "clients/cli/nearest_name.h"
#include "clients/cli/status.h"
#include "io/cloudevents/v1/cloudevents.pb.h"

namespace pavane::cli {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::io::cloudevents::v1::CloudEvent;

std::string PlainJson(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  // It fails only for an Any of an unknown type, and those are inside events.
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) return absl::StrCat("{\"error\":", JsonQuote(status.ToString()), "}");
  return json;
}

void ShowEvents(const Message& message, JsonValue& json);

void ShowPart(const Message& part, JsonValue& json) {
  if (part.GetDescriptor() == CloudEvent::descriptor()) {
    json = EventToJson(static_cast<const CloudEvent&>(part));
  } else {
    ShowEvents(part, json);
  }
}

// Writes the events within `message` anew in `json`, which is the whole message as protobuf has it.
void ShowEvents(const Message& message, JsonValue& json) {
  if (!json.is_object()) return;  // a timestamp or the like
  for (auto& [name, value] : json.members()) {
    const FieldDescriptor* field = message.GetDescriptor()->FindFieldByCamelcaseName(name);
    if (field == nullptr || field->message_type() == nullptr || field->is_map()) continue;
    const auto* reflection = message.GetReflection();
    if (!field->is_repeated()) {
      if (reflection->HasField(message, field)) {
        ShowPart(reflection->GetMessage(message, field), value);
      }
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      ShowPart(reflection->GetRepeatedMessage(message, field, i), value.elements()[i]);
    }
  }
}

// Protobuf itself says no more than "paterns: Cannot find field.". `within` leads to `json`, which
// shall be a message of `type`.
absl::Status CheckNames(const JsonValue& json, const Descriptor& type, const std::string& within) {
  for (const JsonValue& element : json.elements()) {
    CLI_RETURN_IF_ERROR(CheckNames(element, type, within));
  }
  for (const auto& [name, value] : json.members()) {
    const FieldDescriptor* field = type.FindFieldByName(name);
    if (field == nullptr) field = type.FindFieldByCamelcaseName(name);
    if (field == nullptr) {
      std::vector<std::string> names;
      for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
      return absl::InvalidArgumentError(absl::StrCat(
          "there is no field '", name, "'", within.empty() ? "" : absl::StrCat(" in ", within),
          DidYouMean(NearestName(name, names))));
    }
    if (field->message_type() == nullptr || field->is_map()) continue;
    CLI_RETURN_IF_ERROR(CheckNames(value, *field->message_type(),
                                   absl::StrCat(within, within.empty() ? "" : ".", name)));
  }
  return absl::OkStatus();
}

}  // namespace

std::string MessageToJson(const Message& message) {
  std::string plain = PlainJson(message);
  absl::StatusOr<JsonValue> json = ParseJson(plain);
  if (!json.ok()) return plain;  // deeper than anybody reads
  ShowEvents(message, *json);
  return json->ToJson();
}

absl::Status MessageFromJson(const JsonValue& json, Message* message) {
  CLI_RETURN_IF_ERROR(CheckNames(json, *message->GetDescriptor(), ""));
  const auto status = google::protobuf::util::JsonStringToMessage(json.ToJson(), message);
  if (status.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::string_view(status.message().data(), status.message().size()));
}

}  // namespace pavane::cli
