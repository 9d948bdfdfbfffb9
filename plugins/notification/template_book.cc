#include "plugins/notification/template_book.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include <yaml-cpp/yaml.h>

#include "plugins/common/json.h"
#include "plugins/common/status_macros.h"

namespace pavane::notification {
namespace {

using plugins::Json;

// Numbers and booleans that YAML holds unquoted keep their JSON type.
Json ToJson(const YAML::Node& node) {
  if (node.IsMap()) {
    Json object = Json::object();
    for (const auto& member : node) object[member.first.as<std::string>()] = ToJson(member.second);
    return object;
  }
  if (node.IsSequence()) {
    Json list = Json::array();
    for (const auto& item : node) list.push_back(ToJson(item));
    return list;
  }
  if (node.IsNull()) return nullptr;
  const auto text = node.as<std::string>();
  if (node.Tag() == "!") return text;  // quoted
  const Json parsed = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return parsed.is_number() || parsed.is_boolean() ? parsed : Json(text);
}

std::string PatternOf(const YAML::Node& node, const std::string& event) {
  Json pattern = node["pattern"] ? ToJson(node["pattern"]) : Json::object();
  const bool wild = event.find('*') != std::string::npos;
  pattern["detail-type"] = Json::array({wild ? Json{{"wildcard", event}} : Json(event)});
  return plugins::ToText(pattern);
}

absl::StatusOr<std::string> Text(const YAML::Node& node, const char* key) {
  if (!node[key] || !node[key].IsScalar() || node[key].Scalar().empty()) {
    return absl::InvalidArgumentError(absl::StrCat("'", key, "' is missing"));
  }
  return node[key].as<std::string>();
}

absl::StatusOr<TextTemplate> Placeholders(const YAML::Node& node, const char* key) {
  ASSIGN_OR_RETURN(const std::string text, Text(node, key));
  return TextTemplate::Parse(text);
}

// A mistyped `pattern` must not send to everybody.
absl::Status CheckKeys(const YAML::Node& node, const std::set<std::string>& known) {
  if (!node.IsMap()) return absl::InvalidArgumentError("keys and values are expected");
  for (const auto& member : node) {
    const auto key = member.first.as<std::string>();
    if (!known.contains(key)) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown key '", key, "'; there are ", absl::StrJoin(known, ", ")));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Template> ReadTemplate(const YAML::Node& node) {
  RETURN_IF_ERROR(
      CheckKeys(node, {"name", "event", "pattern", "channel", "to", "subject", "text"}));
  Template result;
  ASSIGN_OR_RETURN(result.name, Text(node, "name"));
  ASSIGN_OR_RETURN(result.event, Text(node, "event"));
  result.pattern = PatternOf(node, result.event);
  ASSIGN_OR_RETURN(const std::string channel, Text(node, "channel"));
  if (channel != "email" && channel != "sms") {
    return absl::InvalidArgumentError(absl::StrCat("channel '", channel, "' is not email or sms"));
  }
  result.channel = channel == "email" ? Channel::kEmail : Channel::kSms;
  ASSIGN_OR_RETURN(result.to, Placeholders(node, "to"));
  if (result.channel == Channel::kEmail) {
    ASSIGN_OR_RETURN(result.subject, Placeholders(node, "subject"));
  }
  ASSIGN_OR_RETURN(result.text, Placeholders(node, "text"));
  return result;
}

absl::Status Named(const absl::Status& status, size_t position) {
  return absl::Status(status.code(), absl::StrCat("template ", position, ": ", status.message()));
}

}  // namespace

absl::StatusOr<TemplateBook> ParseTemplateBook(const std::string& yaml) try {
  TemplateBook book;
  const YAML::Node root = YAML::Load(yaml);
  RETURN_IF_ERROR(CheckKeys(root, {"version", "templates"}));
  if (root["version"]) book.version = root["version"].as<uint64_t>();
  std::set<std::string> names;
  for (const auto& node : root["templates"]) {
    absl::StatusOr<Template> next = ReadTemplate(node);
    const size_t position = book.templates.size() + 1;
    if (!next.ok()) return Named(next.status(), position);
    if (!names.insert(next->name).second) {
      return Named(absl::InvalidArgumentError(absl::StrCat("'", next->name, "' is there twice")),
                   position);
    }
    book.templates.push_back(*std::move(next));
  }
  if (book.templates.empty()) return absl::InvalidArgumentError("there are no templates");
  return book;
} catch (const YAML::Exception& error) {
  return absl::InvalidArgumentError(error.what());
}

}  // namespace pavane::notification
