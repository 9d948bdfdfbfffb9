#ifndef PAVANE_RULES_JSON_TREE_H_
#define PAVANE_RULES_JSON_TREE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "rules/pattern_text.h"

namespace pavane::rules {

struct JsonMember;

/// A JSON value with the place where it stands. Numbers keep their spelling, objects all of their
/// members in order, also repeated ones.
struct JsonNode {
  enum class Kind : uint8_t { kObject, kArray, kString, kNumber, kLiteral };

  Kind kind = Kind::kLiteral;
  size_t offset = 0;  // in bytes
  size_t length = 0;
  std::string text;  // string: what it means; number and literal: the spelling
  std::vector<JsonMember> members;
  std::vector<JsonNode> elements;
};

struct JsonMember {
  std::string name;
  size_t name_offset = 0;
  JsonNode value;
};

/// Reads `text` as one strict JSON value in UTF-8, nested at most `depth_max` deep.
absl::StatusOr<JsonNode> ReadJsonTree(const PatternText& text, size_t depth_max);

}  // namespace pavane::rules

#endif  // PAVANE_RULES_JSON_TREE_H_
