#include "clients/cli/yaml_reader.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "yaml-cpp/depthguard.h"
#include "yaml-cpp/yaml.h"

#include "clients/cli/status.h"

namespace pavane::cli {
namespace {

// Aliases could make a small file endless; a million nodes are beyond any real one. yaml-cpp itself
// reads 500 levels, so aliases may double that.
constexpr int kTextDepthMax = 500;
constexpr int kAliasDepthMax = 1000;
constexpr int kNodesMax = 1'000'000;

absl::Status BadYaml(const YAML::Mark& mark, absl::string_view message) {
  if (mark.is_null()) return absl::InvalidArgumentError(absl::StrCat("not YAML: ", message));
  return absl::InvalidArgumentError(
      absl::StrCat("line ", mark.line + 1, ", column ", mark.column + 1, ": ", message));
}

std::string TooDeep(int levels) { return absl::StrCat("nested deeper than ", levels, " levels"); }

JsonValue Scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  // yaml-cpp tags a quoted scalar `!`, a plain one `?`.
  if (node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str") return JsonValue::String(text);
  if (text == "true" || text == "false") return JsonValue::Boolean(text == "true");
  if (IsJsonNumber(text)) return JsonValue::Number(text);
  return JsonValue::String(text);
}

class Converter {
 public:
  absl::StatusOr<JsonValue> Convert(const YAML::Node& node, int depth) {
    if (depth > kAliasDepthMax) return BadYaml(node.Mark(), TooDeep(kAliasDepthMax));
    if (++nodes_ > kNodesMax) return BadYaml(node.Mark(), "too many values");
    if (node.IsSequence()) return ConvertSequence(node, depth);
    if (node.IsMap()) return ConvertMap(node, depth);
    if (node.IsScalar()) return Scalar(node);
    return JsonValue();
  }

 private:
  absl::StatusOr<JsonValue> ConvertSequence(const YAML::Node& node, int depth) {
    JsonValue json = JsonValue::Array();
    for (const YAML::Node& element : node) {
      CLI_ASSIGN_OR_RETURN(JsonValue value, Convert(element, depth + 1));
      json.Append(std::move(value));
    }
    return json;
  }

  absl::StatusOr<JsonValue> ConvertMap(const YAML::Node& node, int depth) {
    JsonValue json = JsonValue::Object();
    for (const auto& member : node) {
      if (!member.first.IsScalar()) return BadYaml(member.first.Mark(), "a key must be text");
      CLI_ASSIGN_OR_RETURN(JsonValue value, Convert(member.second, depth + 1));
      json.Append(member.first.Scalar(), std::move(value));
    }
    return json;
  }

  int nodes_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<JsonValue>> ParseYaml(absl::string_view text) {
  std::vector<YAML::Node> documents;
  // yaml-cpp throws; this is the border.
  try {
    documents = YAML::LoadAll(std::string(text));
  } catch (const YAML::DeepRecursion& error) {
    return BadYaml(error.mark, TooDeep(kTextDepthMax));
  } catch (const YAML::Exception& error) {
    return BadYaml(error.mark, error.msg);
  }
  std::vector<JsonValue> values;
  for (const YAML::Node& document : documents) {
    Converter converter;
    CLI_ASSIGN_OR_RETURN(JsonValue value, converter.Convert(document, 1));
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace pavane::cli
