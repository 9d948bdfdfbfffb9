#include "event/view_path.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "simdjson.h"

#include "event/json.h"
#include "xxhash.h"

namespace pavane::event {
namespace {

namespace ondemand = simdjson::ondemand;

enum class Kind : uint64_t { kText = 1, kNumber = 2, kBoolean = 3 };

uint64_t Hash(Kind kind, absl::string_view value) {
  const uint64_t hash =
      XXH3_64bits_withSeed(value.data(), value.size(), static_cast<uint64_t>(kind));
  return hash == 0 ? 1 : hash;
}

// Takes the first name off the path.
absl::string_view NextStep(absl::string_view* path) {
  const size_t dot = path->find('.');
  const absl::string_view step = path->substr(0, dot);
  path->remove_prefix(dot == absl::string_view::npos ? path->size() : dot + 1);
  return step;
}

absl::string_view Trimmed(std::string_view token) {
  while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.remove_suffix(1);
  return {token.data(), token.size()};
}

uint64_t HashOf(ondemand::value value) {
  ondemand::json_type type;
  if (value.type().get(type) != simdjson::SUCCESS) return 0;
  switch (type) {
    case ondemand::json_type::string: {
      std::string_view text;
      // Half of a surrogate pair, which ValidateJson lets through, has no UTF-8.
      if (value.get_string().get(text) != simdjson::SUCCESS) text = value.raw_json_token();
      return Hash(Kind::kText, {text.data(), text.size()});
    }
    case ondemand::json_type::number:
      return Hash(Kind::kNumber, Trimmed(value.raw_json_token()));
    case ondemand::json_type::boolean:
      return Hash(Kind::kBoolean, Trimmed(value.raw_json_token()));
    case ondemand::json_type::object:
    case ondemand::json_type::array:
    case ondemand::json_type::null:
      return 0;
  }
  return 0;
}

// Names are compared as they read, not as they are written: on-demand's own look-up would miss one
// with an escape in it.
bool FindField(ondemand::object object, absl::string_view name, ondemand::value* found) {
  for (auto field : object) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) continue;
    if (absl::string_view(key.data(), key.size()) != name) continue;
    return field.value().get(*found) == simdjson::SUCCESS;
  }
  return false;
}

uint64_t HashInJson(absl::string_view json, absl::string_view path) {
  // One a thread: it keeps the memory that it once needed.
  static thread_local ondemand::parser parser;
  ondemand::document document;
  const simdjson::padded_string_view padded(json.data(), json.size(), json.size() + kJsonPadding);
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return 0;
  ondemand::object object;
  ondemand::value value;
  if (document.get_object().get(object) != simdjson::SUCCESS) return 0;
  while (FindField(object, NextStep(&path), &value)) {
    if (path.empty()) return HashOf(value);
    if (value.get_object().get(object) != simdjson::SUCCESS) return 0;
  }
  return 0;
}

uint64_t HashOfMember(const EventView::Member& member, absl::string_view rest) {
  if (member.kind == EventView::Member::kJson) {
    return rest.empty() ? 0 : HashInJson(member.text, rest);
  }
  if (!rest.empty()) return 0;
  switch (member.kind) {
    case EventView::Member::kInteger:
      return Hash(Kind::kNumber, absl::StrCat(member.integer));
    case EventView::Member::kBoolean:
      return Hash(Kind::kBoolean, member.boolean ? "true" : "false");
    case EventView::Member::kString:
    case EventView::Member::kJson:
      break;
  }
  return Hash(Kind::kText, member.text);
}

}  // namespace

absl::Status CheckViewPath(absl::string_view path) {
  if (path.size() > kViewPathBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("the path has ", path.size(), " bytes; at most ", kViewPathBytesMax));
  }
  absl::ConsumePrefix(&path, "$.");
  if (path.empty() || path.back() == '.') {
    return absl::InvalidArgumentError("the path must be names with dots between");
  }
  for (absl::string_view rest = path; !rest.empty();) {
    const absl::string_view step = NextStep(&rest);
    if (step.empty()) return absl::InvalidArgumentError("the path has an empty name");
    if (step.find_first_of("[]*$") != absl::string_view::npos) {
      return absl::InvalidArgumentError(
          "the path may only name members: no elements of arrays, no wildcards");
    }
  }
  return absl::OkStatus();
}

uint64_t HashAtPath(const EventView& view, absl::string_view path) {
  absl::ConsumePrefix(&path, "$.");
  if (!view.root_json().empty()) return HashInJson(view.root_json(), path);
  const absl::string_view name = NextStep(&path);
  for (const EventView::Member& member : view.members()) {
    if (member.name == name) return HashOfMember(member, path);
  }
  return 0;
}

}  // namespace pavane::event
