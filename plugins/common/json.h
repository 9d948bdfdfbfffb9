// JSON as plugins use it: parsing and reading that answer with a status, never an exception.
#ifndef PAVANE_PLUGINS_COMMON_JSON_H_
#define PAVANE_PLUGINS_COMMON_JSON_H_

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/status/statusor.h"
#include <nlohmann/json.hpp>

namespace pavane::plugins {

using Json = nlohmann::json;

// InvalidArgument when `text` is not JSON.
absl::StatusOr<Json> ParseJson(const std::string& text);

// Compact text; bytes that are not UTF-8 become U+FFFD.
std::string ToText(const Json& json);

// The value at a dotted path such as "trip.flight", or nullptr when there is none.
const Json* FindPath(const Json& json, const std::string& path);

// The value at a dotted path. InvalidArgument names the path when it is absent or of another type.
absl::StatusOr<std::string> GetString(const Json& json, const std::string& path);
absl::StatusOr<int64_t> GetInt(const Json& json, const std::string& path);

// The string at a dotted path, or `otherwise` when there is none.
std::string GetStringOr(const Json& json, const std::string& path, const std::string& otherwise);

// Copies the named members that are there.
void CopyMembers(const Json& from, std::initializer_list<const char*> names, Json& to);

}  // namespace pavane::plugins

#endif  // PAVANE_PLUGINS_COMMON_JSON_H_
