#ifndef PAVANE_RULES_TEXT_DICTIONARY_H_
#define PAVANE_RULES_TEXT_DICTIONARY_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

#include "rules/event_values.h"

namespace pavane::rules {

/// The exact values that rules compare a path's values with, each with a number of its own, its id:
/// afterwards equality is equality of ids, and an exclusion list is a set of small numbers. The ids
/// of one slot are consecutive. Comparable numbers are entered by value, others by spelling.
///
/// Add everything, then Freeze, then look up.
class TextDictionary {
 public:
  enum class Type : uint8_t { kString, kNumber, kSpelling, kLiteral };

  /// Enters a value of `slot`; entering it again is no error.
  void Add(uint32_t slot, Type type, absl::string_view text);
  void AddNumber(uint32_t slot, double number);
  void Freeze(uint32_t slot_count);

  /// The id of an entered value.
  uint32_t IdOf(uint32_t slot, Type type, absl::string_view text) const;
  uint32_t IdOfNumber(uint32_t slot, double number) const;

  /// The id of an event's value of `slot`, EventValue::kNone if no rule names it.
  uint32_t Find(uint32_t slot, EventValue* value) const {
    if (value->id == EventValue::kUnread) value->id = Lookup(slot, value);
    return value->id;
  }

  uint32_t first_id(uint32_t slot) const { return slots_[slot].first_id; }
  uint32_t id_count(uint32_t slot) const { return slots_[slot].id_count; }
  uint32_t size() const { return size_; }
  size_t MemoryBytes() const;

 private:
  struct Slot {
    uint32_t first_id = 0;
    uint32_t id_count = 0;
    uint8_t types = 0;  // bit for each Type that was entered
  };
  struct Entry {
    uint64_t hash = 0;
    uint32_t id = EventValue::kNone;  // kNone: free
    uint32_t slot = 0;
    uint32_t text = 0;  // offset in texts_
    uint32_t size = 0;
    Type type = Type::kString;
  };

  static uint64_t Hash(uint32_t slot, Type type, absl::string_view text);
  uint32_t Lookup(uint32_t slot, EventValue* value) const;

  std::vector<std::pair<std::pair<uint32_t, Type>, std::string>> building_;
  std::vector<Slot> slots_;
  std::vector<Entry> table_;  // open addressing, a power of two
  std::string texts_;
  uint32_t size_ = 0;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_TEXT_DICTIONARY_H_
