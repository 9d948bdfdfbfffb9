#include "plugins/common/json.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace pavane::plugins {

absl::StatusOr<Json> ParseJson(const std::string& text) {
  Json json = Json::parse(text, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return absl::InvalidArgumentError("the data is not JSON");
  return json;
}

std::string ToText(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json* FindPath(const Json& json, const std::string& path) {
  const Json* at = &json;
  for (const auto part : absl::StrSplit(path, '.')) {
    if (!at->is_object()) return nullptr;
    auto found = at->find(std::string(part));
    if (found == at->end()) return nullptr;
    at = &*found;
  }
  return at;
}

absl::StatusOr<std::string> GetString(const Json& json, const std::string& path) {
  const Json* value = FindPath(json, path);
  if (value == nullptr || !value->is_string()) {
    return absl::InvalidArgumentError(absl::StrCat("the data has no text at '", path, "'"));
  }
  return value->get<std::string>();
}

absl::StatusOr<int64_t> GetInt(const Json& json, const std::string& path) {
  const Json* value = FindPath(json, path);
  if (value == nullptr || !value->is_number_integer()) {
    return absl::InvalidArgumentError(absl::StrCat("the data has no whole number at '", path, "'"));
  }
  return value->get<int64_t>();
}

std::string GetStringOr(const Json& json, const std::string& path, const std::string& otherwise) {
  const Json* value = FindPath(json, path);
  return value != nullptr && value->is_string() ? value->get<std::string>() : otherwise;
}

void CopyMembers(const Json& from, std::initializer_list<const char*> names, Json& to) {
  for (const char* name : names) {
    if (const Json* value = FindPath(from, name)) to[name] = *value;
  }
}

}  // namespace pavane::plugins
