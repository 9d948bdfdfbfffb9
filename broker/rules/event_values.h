#ifndef PAVANE_RULES_EVENT_VALUES_H_
#define PAVANE_RULES_EVENT_VALUES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

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

  /// The last eight bytes, the last one on top, zeros below.
  uint64_t tail() const {
    if (size < 8) return size == 0 ? 0 : head << (8 * (8 - size));
    uint64_t word;
    std::memcpy(&word, data + size - 8, 8);
    return word;
  }

  const char* data;  // string: what it means; number and literal: the spelling
  uint32_t size;
  uint32_t next;     // value of the same slot
  uint32_t element;  // see ArrayElement
  uint32_t id;       // in the dictionary
  Kind kind;
  Number number_state;
  Address address_state;
  uint64_t head;  // first eight bytes, then zeros
  union {
    double number;     // kNumber, unless kUnread
    uint32_t address;  // kString, if kAddress: number in EventValues
  };
};
static_assert(sizeof(EventValue) <= 64);

/// What the reader has taken from one event, by slot. Scratch of one Match call, reused by the next
/// one of the same thread.
class EventValues {
 public:
  struct Slot {
    uint32_t first = EventValue::kNone;
    uint32_t last = EventValue::kNone;
    bool in_array = false;  // a value lies in an array element
  };

  /// Mask of the first `size` bytes of a word, without a branch.
  static uint64_t HeadMask(size_t size) {
    static constexpr uint64_t kMasks[] = {0,
                                          0xff,
                                          0xffff,
                                          0xffffff,
                                          0xffffffff,
                                          0xffffffffff,
                                          0xffffffffffff,
                                          0xffffffffffffff,
                                          0xffffffffffffffff};
    return kMasks[std::min<size_t>(size, 8)];
  }

  /// Forgets the last event and makes room for `slot_count` slots. `work_max`: that Charge takes.
  void Reset(uint32_t slot_count, uint64_t work_max) {
    work_left_ = work_max;
    for (uint32_t slot : touched()) slots_[slot] = Slot();
    touched_count_ = 0;
    value_count_ = 0;
    if (values_.size() > kValuesKept) values_ = std::vector<EventValue>(kValuesKept);
    addresses_.clear();
    deferred_.clear();
    elements_.resize(1);
    shared_elements_ = nullptr;
    decoded_used_ = 0;
    array_count_ = 0;
    in_array_slots_ = 0;
    if (slots_.size() < slot_count) {
      slots_.resize(slot_count);
      touched_.resize(slot_count);
    }
  }

  void Add(uint32_t slot, EventValue::Kind kind, const char* data, size_t size, uint32_t element) {
    uint64_t head = 0;
    std::memcpy(&head, data, std::min<size_t>(size, 8));
    AddWithHead(slot, kind, data, size, element, head);
  }

  /// The same for text that eight readable bytes follow.
  [[gnu::always_inline]] void AddPadded(uint32_t slot, EventValue::Kind kind, const char* data,
                                        size_t size, uint32_t element) {
    uint64_t head;
    std::memcpy(&head, data, 8);
    AddWithHead(slot, kind, data, size, element, head & HeadMask(size));
  }

  // NOLINTNEXTLINE(readability-function-size): a value's parts, each in its register
  [[gnu::always_inline]] void AddWithHead(uint32_t slot, EventValue::Kind kind, const char* data,
                                          size_t size, uint32_t element, uint64_t head) {
    if (value_count_ == values_.size()) [[unlikely]]
      values_.resize(size_t{2} * value_count_);
    const uint32_t index = value_count_++;
    EventValue& value = values_.data()[index];
    value.data = data;
    value.size = static_cast<uint32_t>(size);
    value.next = EventValue::kNone;
    value.element = element;
    value.id = EventValue::kUnread;
    value.kind = kind;
    value.number_state = EventValue::Number::kUnread;
    value.address_state = EventValue::Address::kUnread;
    value.head = head;
    Slot& s = slots_.data()[slot];
    if (s.first == EventValue::kNone) {
      s.first = index;
      touched_.data()[touched_count_++] = slot;
    } else {
      values_.data()[s.last].next = index;
    }
    s.last = index;
    if (element != 0) {
      s.in_array = true;
      in_array_slots_ |= uint64_t{1} << (slot % 64);
    }
  }

  /// Adds the values of another's slot, which were read from the same event.
  void Copy(const EventValues& other, uint32_t other_slot, uint32_t slot) {
    for (uint32_t i = other.slots_[other_slot].first; i != EventValue::kNone;) {
      const EventValue& value = other.values_[i];
      AddWithHead(slot, value.kind, value.data, value.size, value.element, value.head);
      if (value.kind == EventValue::Kind::kNumber) {
        EventValue& copy = values_[value_count_ - 1];
        copy.number_state = value.number_state;
        copy.number = value.number;
      }
      i = value.next;
    }
  }
  /// Until Reset the array elements are another's, to which the values that Copy adds refer.
  void ShareElements(const EventValues& other) { shared_elements_ = &other.elements_; }

  const Slot& slot(uint32_t slot) const { return slots_.data()[slot]; }
  EventValue& value(uint32_t index) { return values_.data()[index]; }
  /// Calls `function` with a pointer to each value of the slot, in reading order.
  template <typename Function>
  void ForEach(uint32_t slot, Function function) {
    for (uint32_t i = slots_[slot].first; i != EventValue::kNone;) {
      EventValue& value = values_[i];
      function(&value);
      i = value.next;
    }
  }
  absl::Span<const uint32_t> touched() const { return {touched_.data(), touched_count_}; }
  /// Bit for each slot with a value in an array element, modulo 64.
  uint64_t in_array_slots() const { return in_array_slots_; }

  uint32_t NextArray() { return array_count_++; }
  uint32_t AddElement(uint32_t array, uint32_t parent) {
    elements_.push_back({array, parent});
    return static_cast<uint32_t>(elements_.size() - 1);
  }
  const std::vector<ArrayElement>& elements() const {
    return shared_elements_ == nullptr ? elements_ : *shared_elements_;
  }

  /// Keeps an address that a value spells.
  uint32_t AddAddress(const IpAddress& address) {
    addresses_.push_back(address);
    return static_cast<uint32_t>(addresses_.size() - 1);
  }
  const IpAddress& address(uint32_t number) const { return addresses_[number]; }

  /// Objects that the reader has put off: where they begin, and the trie's node.
  struct Deferred {
    const char* at;
    uint32_t node;
  };
  std::vector<Deferred>& deferred() { return deferred_; }

  /// Counts work done with the values, see MatcherOptions::work_max.
  void Charge(uint64_t work) { work_left_ -= std::min(work, work_left_); }
  /// Whether there was too much of it: then what is found no longer counts.
  bool exhausted() const { return work_left_ == 0; }

  /// A string that lives until Reset, empty.
  std::string* Decoded() {
    if (decoded_used_ == decoded_.size()) decoded_.emplace_back();
    std::string* text = &decoded_[decoded_used_++];
    text->clear();
    return text;
  }

 private:
  // Room for values that stays when an event is done with.
  static constexpr size_t kValuesKept = 4096;

  std::vector<Slot> slots_;
  std::vector<uint32_t>
      touched_;  // slots with values, in order of their first one; the rest is room
  size_t touched_count_ = 0;
  std::vector<EventValue> values_ = std::vector<EventValue>(64);
  uint32_t value_count_ = 0;
  std::vector<IpAddress> addresses_;
  std::vector<Deferred> deferred_;
  std::vector<ArrayElement> elements_ = std::vector<ArrayElement>(1);
  const std::vector<ArrayElement>* shared_elements_ = nullptr;
  std::deque<std::string> decoded_;
  size_t decoded_used_ = 0;
  uint32_t array_count_ = 0;
  uint64_t in_array_slots_ = 0;
  uint64_t work_left_ = 0;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_EVENT_VALUES_H_
