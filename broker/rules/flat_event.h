#ifndef PAVANE_RULES_FLAT_EVENT_H_
#define PAVANE_RULES_FLAT_EVENT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"

#include "event/event_view.h"
#include "rules/consistency_search.h"
#include "rules/pattern.h"

namespace pavane::rules {

/// An event as the language sees it: for each path the scalars found there, in reading order, each
/// with the array element it lies in. Only the paths asked for are kept. Plain and slow; the
/// matcher has its own reader.
class FlatEvent {
 public:
  struct Value {
    enum class Kind : uint8_t { kString, kNumber, kLiteral };
    Kind kind = Kind::kString;
    std::string text;      // string: what it means; number and literal: the spelling
    uint32_t element = 0;  // innermost array element around it, see ArrayElement
  };

  FlatEvent(const event::EventView& event, absl::flat_hash_set<std::string> paths)
      : FlatEvent(event, std::move(paths), Detail::kValues) {}

  /// Whether what stands near an absent path is kept, too.
  enum class Detail : uint8_t { kValues, kNearby };

  /// Keeps the paths that `pattern` names.
  FlatEvent(const event::EventView& event, const Pattern& pattern, Detail detail = Detail::kValues);

  const std::vector<Value>& At(absl::string_view path) const;
  const std::vector<ArrayElement>& elements() const { return elements_; }

  /// What stands at a path beside values, for explanations.
  struct Structure {
    bool object = false;
    bool empty_array = false;
    /// Near a path where nothing stands, with Detail::kNearby: a path that differs from it in the
    /// case of ASCII letters only; and the longest path that leads to it at which plain values
    /// stand and no object, with the first of them, perhaps cut.
    std::string other_case;
    std::string leaf;
    Value leaf_value;
  };
  Structure StructureAt(absl::string_view path) const;
  /// The place of an element in its array, from 1, plain values counted.
  uint32_t IndexOf(uint32_t element) const { return indexes_[element]; }
  /// Path of an array if it leads to one of the paths kept, else empty.
  absl::string_view PathOfArray(uint32_t array) const;

 private:
  class Reader;

  FlatEvent(const event::EventView& event, absl::flat_hash_set<std::string> paths, Detail detail);
  void AddNearby(absl::string_view path, Structure* structure) const;

  absl::flat_hash_set<std::string> paths_;
  absl::flat_hash_map<std::string, std::vector<Value>> values_;
  std::vector<ArrayElement> elements_;
  // With kNearby also of what leads to the paths; at those, leaf_value only.
  absl::flat_hash_map<std::string, Structure> structures_;
  absl::flat_hash_map<std::string, std::string> other_cases_;  // by the path in lower case
  std::vector<uint32_t> indexes_;                              // of each element
  // Each path and what leads to it, numbered from 1, and the number of each array's path; 0:
  // another.
  absl::flat_hash_map<std::string, uint32_t> prefixes_;
  std::vector<std::string> prefix_texts_;  // of each number
  std::vector<uint32_t> array_paths_;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_FLAT_EVENT_H_
