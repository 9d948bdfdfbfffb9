#include "clients/cli/rule_file.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

#include "clients/cli/duration.h"
#include "clients/cli/message_json.h"
#include "clients/cli/start_position.h"
#include "clients/cli/status.h"
#include "clients/cli/yaml_reader.h"

namespace pavane::cli {
namespace {

using ::pavane::admin::v1::Rule;
using ::pavane::admin::v1::Target;

constexpr absl::string_view kDurationFields[] = {
    "age_max", "ageMax", "backoff_initial", "backoffInitial", "backoff_max", "backoffMax", "lease"};

bool IsDurationField(absl::string_view name) {
  for (absl::string_view field : kDurationFields) {
    if (field == name) return true;
  }
  return false;
}

// Protobuf's JSON knows only seconds: "600s", "0.250s".
std::string DurationForProto(absl::Duration duration) {
  const google::protobuf::Duration proto = ToProto(duration);
  return absl::StrFormat("%d.%09ds", proto.seconds(), proto.nanos());
}

// Rewrites durations below `value`, at any depth but in patterns, which it never sees.
absl::Status RewriteDurations(JsonValue* value) {
  for (JsonValue& element : value->elements()) CLI_RETURN_IF_ERROR(RewriteDurations(&element));
  for (auto& [name, member] : value->members()) {
    if (!IsDurationField(name) || !member.is_string()) {
      CLI_RETURN_IF_ERROR(RewriteDurations(&member));
      continue;
    }
    absl::StatusOr<absl::Duration> duration = ParseDuration(member.text());
    if (!duration.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(name, ": ", duration.status().message()));
    }
    member = JsonValue::String(DurationForProto(*duration));
  }
  return absl::OkStatus();
}

// A start position in one word.
absl::Status RewriteStart(JsonValue* target) {
  for (auto& [name, member] : target->members()) {
    const bool short_one = member.is_string() || member.kind() == JsonValue::Kind::kNumber;
    if ((name != "start_position" && name != "startPosition") || !short_one) continue;
    CLI_ASSIGN_OR_RETURN(const auto start, ParseStartPosition(member.text(), absl::Now()));
    CLI_ASSIGN_OR_RETURN(member, ParseJson(MessageToJson(start)));
  }
  return absl::OkStatus();
}

absl::Status RewriteTargets(JsonValue* targets) {
  for (JsonValue& element : targets->elements()) {
    if (!element.is_string()) {
      CLI_RETURN_IF_ERROR(RewriteStart(&element));
      continue;
    }
    CLI_ASSIGN_OR_RETURN(const Target target, ParseTarget(element.text()));
    JsonValue object = JsonValue::Object();
    object.Append("id", JsonValue::String(target.id()));
    object.Append("address", JsonValue::String(target.address()));
    element = std::move(object);
  }
  return RewriteDurations(targets);
}

// From the short ways of writing to protobuf's JSON.
absl::Status Rewrite(JsonValue* rule) {
  for (auto& [name, value] : rule->members()) {
    if (name == "pattern" && value.is_object()) {
      value = JsonValue::String(value.ToJson());
    } else if (name == "state" && value.is_string()) {
      value = JsonValue::String(absl::AsciiStrToUpper(value.text()));
    } else if (name == "targets") {
      CLI_RETURN_IF_ERROR(RewriteTargets(&value));
    }
  }
  return absl::OkStatus();
}

// "rule 3 (tickets)" for errors.
std::string Place(size_t number, const JsonValue& rule) {
  const JsonValue* name = rule.Find("name");
  if (name == nullptr || !name->is_string()) return absl::StrCat("rule ", number);
  return absl::StrCat("rule ", number, " (", name->text(), ")");
}

absl::StatusOr<Rule> ToRule(JsonValue json) {
  if (!json.is_object()) return absl::InvalidArgumentError("expected the fields of a rule");
  CLI_RETURN_IF_ERROR(Rewrite(&json));
  Rule rule;
  CLI_RETURN_IF_ERROR(MessageFromJson(json, &rule));
  if (rule.name().empty()) return absl::InvalidArgumentError("the name is missing");
  return rule;
}

absl::Status Collect(const JsonValue& value, std::vector<JsonValue>* rules) {
  if (value.kind() == JsonValue::Kind::kNull) return absl::OkStatus();
  if (value.is_array()) {
    rules->insert(rules->end(), value.elements().begin(), value.elements().end());
    return absl::OkStatus();
  }
  const JsonValue* list = value.Find("rules");
  // An output-only count of a rule is a number; a list of rules is a list.
  if (list != nullptr && list->is_array()) {
    if (value.members().size() > 1) {
      return absl::InvalidArgumentError("beside 'rules' there may be no other member");
    }
    return Collect(*list, rules);
  }
  rules->push_back(value);
  return absl::OkStatus();
}

// JSON is read as JSON, since YAML readers differ in escapes. A YAML flow mapping that is not JSON
// falls through to YAML.
absl::StatusOr<std::vector<JsonValue>> Documents(absl::string_view text) {
  absl::StatusOr<JsonValue> json = ParseJson(text);
  if (json.ok()) return std::vector<JsonValue>{*std::move(json)};
  absl::StatusOr<std::vector<JsonValue>> yaml = ParseYaml(text);
  const absl::string_view start = absl::StripLeadingAsciiWhitespace(text);
  if (!yaml.ok() && (absl::StartsWith(start, "{") || absl::StartsWith(start, "["))) {
    return json.status();
  }
  return yaml;
}

}  // namespace

absl::StatusOr<std::vector<Rule>> ParseRules(absl::string_view text) {
  CLI_ASSIGN_OR_RETURN(const std::vector<JsonValue> documents, Documents(text));
  std::vector<JsonValue> values;
  for (const JsonValue& document : documents) CLI_RETURN_IF_ERROR(Collect(document, &values));
  if (values.empty()) return absl::InvalidArgumentError("there is no rule in it");
  std::vector<Rule> rules;
  for (size_t i = 0; i < values.size(); ++i) {
    absl::StatusOr<Rule> rule = ToRule(values[i]);
    if (!rule.ok()) return InContext(rule.status(), Place(i + 1, values[i]));
    rules.push_back(*std::move(rule));
  }
  return rules;
}

absl::StatusOr<Target> ParseTarget(absl::string_view text) {
  Target target;
  // An address has no '=' before its scheme's colon.
  const size_t equals = text.find('=');
  const size_t colon = text.find(':');
  if (equals != absl::string_view::npos && (colon == absl::string_view::npos || equals < colon)) {
    target.set_id(std::string(text.substr(0, equals)));
    target.set_address(std::string(text.substr(equals + 1)));
  } else {
    target.set_address(std::string(text));
    // What follows the last '/' or the scheme's ':', with what an id may not have as '-'.
    size_t begin = text.rfind('/');
    if (begin == absl::string_view::npos) begin = colon;
    for (char c : text.substr(begin == absl::string_view::npos ? 0 : begin + 1)) {
      target.mutable_id()->push_back(absl::ascii_isalnum(c) || absl::StrContains("._-", c) ? c
                                                                                           : '-');
    }
  }
  if (colon == absl::string_view::npos || target.id().empty() || target.address().empty()) {
    return UsageError(absl::StrCat("'", text,
                                   "' is not a target; write ID=ADDRESS or ADDRESS, such ",
                                   "as service:ticket or audit=grpc://127.0.0.1:9000"));
  }
  return target;
}

}  // namespace pavane::cli
