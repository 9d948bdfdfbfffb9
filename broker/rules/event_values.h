#ifndef PAVANE_RULES_EVENT_VALUES_H_
#define PAVANE_RULES_EVENT_VALUES_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "rules/consistency_search.h"
#include "rules/ip_address.h"

namespace pavane::rules {

/// A scalar of an event on a path that rules name. What costs something to know (number, id in the
/// dictionary, address) is found out when first asked for and kept.
struct EventValue {
  enum class Kind : uint8_t { kString, kNumber, kLiteral };
  enum class Number : uint8_t { kUnread, kRead, kComparable, kNotComparable };
  enum class Address : uint8_t { kUnread, kAddress, kNone };

  static constexpr uint32_t kUnread = UINT32_MAX - 1;  // an id not looked up yet
  static constexpr uint32_t kNone = UINT32_MAX;        // no id; no next value

  absl::string_view text() const { return absl::string_view(data, size); }

  const char* data = nullptr;  // string: what it means; number and literal: the spelling
  uint32_t size = 0;
  uint32_t next = kNone;  // value of the same slot
  uint32_t element = 0;   // see ArrayElement
  uint32_t id = kUnread;  // in the dictionary
  Kind kind = Kind::kString;
  Number number_state = Number::kUnread;
  Address address_state = Address::kUnread;
  uint64_t head = 0;  // first eight bytes, then zeros
  uint64_t tail = 0;  // last eight bytes, the last one on top, zeros below
  double number = 0;  // unless kUnread
  IpAddress address;  // if kAddress
};

/// What the reader has taken from one event, by slot. Scratch of one Match call, reused by the next
/// one of the same thread.
class EventValues {
 public:
  struct Slot {
    uint32_t first = EventValue::kNone;
    uint32_t last = EventValue::kNone;
    bool in_array = false;  // a value lies in an array element
  };

  /// Forgets the last event and makes room for `slot_count` slots.
  void Reset(uint32_t slot_count) {
    for (uint32_t slot : touched_) slots_[slot] = Slot();
    touched_.clear();
    values_.clear();
    elements_.resize(1);
    decoded_used_ = 0;
    array_count_ = 0;
    any_in_array_ = false;
    if (slots_.size() < slot_count) slots_.resize(slot_count);
  }

  void Add(uint32_t slot, EventValue::Kind kind, const char* data, size_t size, uint32_t element) {
    const uint32_t index = static_cast<uint32_t>(values_.size());
    EventValue& value = values_.emplace_back();
    value.data = data;
    value.size = static_cast<uint32_t>(size);
    value.element = element;
    value.kind = kind;
    if (size >= 8) {
      std::memcpy(&value.head, data, 8);
      std::memcpy(&value.tail, data + size - 8, 8);
    } else if (size != 0) {
      std::memcpy(&value.head, data, size);
      value.tail = value.head << (8 * (8 - size));
    }
    Slot& s = slots_[slot];
    if (s.first == EventValue::kNone) {
      s.first = index;
      touched_.push_back(slot);
    } else {
      values_[s.last].next = index;
    }
    s.last = index;
    if (element != 0) s.in_array = any_in_array_ = true;
  }

  const Slot& slot(uint32_t slot) const { return slots_[slot]; }
  EventValue& value(uint32_t index) { return values_[index]; }
  const std::vector<uint32_t>& touched() const { return touched_; }
  bool any_in_array() const { return any_in_array_; }

  uint32_t NextArray() { return array_count_++; }
  uint32_t AddElement(uint32_t array, uint32_t parent) {
    elements_.push_back({array, parent});
    return static_cast<uint32_t>(elements_.size() - 1);
  }
  const std::vector<ArrayElement>& elements() const { return elements_; }

  /// A string that lives until Reset, empty.
  std::string* Decoded() {
    if (decoded_used_ == decoded_.size()) decoded_.emplace_back();
    std::string* text = &decoded_[decoded_used_++];
    text->clear();
    return text;
  }

 private:
  std::vector<Slot> slots_;
  std::vector<uint32_t> touched_;  // slots with values, in order of their first one
  std::vector<EventValue> values_;
  std::vector<ArrayElement> elements_ = std::vector<ArrayElement>(1);
  std::deque<std::string> decoded_;
  size_t decoded_used_ = 0;
  uint32_t array_count_ = 0;
  bool any_in_array_ = false;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_EVENT_VALUES_H_
