#include "clients/cli/publish_entry.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "clients/cli/cloud_event.h"
#include "clients/cli/escape.h"
#include "clients/cli/status.h"
#include "clients/cli/timestamp.h"

namespace pavane::cli {
namespace {

using ::io::cloudevents::v1::CloudEvent;
using ::pavane::v1::PublishEntry;

absl::Status SetFlagAttribute(absl::string_view text, CloudEvent* event) {
  const size_t equals = text.find('=');
  if (equals == absl::string_view::npos || equals == 0) {
    return UsageError(absl::StrCat("--attribute '", text, "' is not NAME=VALUE"));
  }
  absl::string_view name = text.substr(0, equals);
  const absl::string_view value = text.substr(equals + 1);
  if (!absl::EndsWith(name, ":")) return SetAttribute(name, JsonValue::String(value), event);
  name.remove_suffix(1);
  absl::StatusOr<JsonValue> typed = ParseJson(value);
  if (!typed.ok() || typed->is_string()) {
    return UsageError(
        absl::StrCat("--attribute '", text, "': after := comes true, false or an integer"));
  }
  return SetAttribute(name, *typed, event);
}

void FillIn(const std::string& value, std::string* field) {
  if (field->empty()) *field = value;
}

absl::Status SetData(const std::string& data, CloudEvent* event) {
  if (HasJsonContentType(*event)) {
    const absl::StatusOr<JsonValue> json = ParseJson(data);
    if (!json.ok()) {
      return UsageError(absl::StrCat("--data is ", json.status().message(),
                                     "; data of another kind needs --content-type, such as ",
                                     "text/plain"));
    }
  }
  // A protobuf string holds UTF-8 only.
  if (IsUtf8(data)) {
    event->set_text_data(data);
  } else {
    event->set_binary_data(data);
  }
  return absl::OkStatus();
}

// The broker would refuse it too, but protobuf would write a line of its own about it first.
absl::Status CheckUtf8(const EventFlags& flags) {
  const std::pair<const char*, const std::string*> texts[] = {
      {"--type", &flags.type},
      {"--source", &flags.source},
      {"--id", &flags.id},
      {"--bus", &flags.bus},
      {"--subject", &flags.subject},
      {"--content-type", &flags.content_type},
      {"--dedup-key", &flags.dedup_key}};
  for (const auto& [option, text] : texts) {
    if (!IsUtf8(*text)) return UsageError(absl::StrCat(option, " is not UTF-8"));
  }
  for (const std::string& attribute : flags.attributes) {
    if (!IsUtf8(attribute)) {
      return UsageError(absl::StrCat("--attribute '", attribute, "' is not UTF-8"));
    }
  }
  return absl::OkStatus();
}

// Flags fill what is missing, for one event and for each of many.
absl::Status Complete(const EventFlags& flags, PublishEntry* entry) {
  CloudEvent* event = entry->mutable_event();
  FillIn(flags.type, event->mutable_type());
  FillIn(flags.source, event->mutable_source());
  FillIn(kDefaultSource, event->mutable_source());
  FillIn("1.0", event->mutable_spec_version());
  FillIn(flags.bus, entry->mutable_bus());
  if (flags.deliver_at) *entry->mutable_deliver_at() = ToProto(*flags.deliver_at);
  if (event->id().empty()) event->set_id(NewEventId());
  for (const std::string& attribute : flags.attributes) {
    CLI_RETURN_IF_ERROR(SetFlagAttribute(attribute, event));
  }
  if (!flags.subject.empty()) {
    CLI_RETURN_IF_ERROR(SetAttribute("subject", JsonValue::String(flags.subject), event));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PublishEntry> EntryFromFlags(const EventFlags& flags,
                                            const std::optional<std::string>& data) {
  CLI_RETURN_IF_ERROR(CheckUtf8(flags));
  PublishEntry entry;
  entry.mutable_event()->set_id(flags.id);
  entry.set_dedup_key(flags.dedup_key);
  if (!flags.content_type.empty()) {
    CLI_RETURN_IF_ERROR(SetAttribute("datacontenttype", JsonValue::String(flags.content_type),
                                     entry.mutable_event()));
  }
  CLI_RETURN_IF_ERROR(Complete(flags, &entry));
  if (data) CLI_RETURN_IF_ERROR(SetData(*data, entry.mutable_event()));
  return entry;
}

absl::StatusOr<PublishEntry> EntryFromJson(const JsonValue& json, const EventFlags& flags) {
  PublishEntry entry;
  const JsonValue* event = json.Find("event");
  // A CloudEvent may have an extension `event`, but then it has a specversion as well.
  const bool wrapped = event != nullptr && event->is_object() && !json.Find("specversion");
  CLI_ASSIGN_OR_RETURN(*entry.mutable_event(), EventFromJson(wrapped ? *event : json));
  if (wrapped) {
    for (const auto& [name, field] : {std::make_pair("bus", entry.mutable_bus()),
                                      std::make_pair("dedup_key", entry.mutable_dedup_key())}) {
      const JsonValue* value = json.Find(name);
      if (value != nullptr && value->is_string()) *field = value->text();
    }
  }
  CLI_RETURN_IF_ERROR(Complete(flags, &entry));
  return entry;
}

}  // namespace pavane::cli
