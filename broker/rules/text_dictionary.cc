#include "rules/text_dictionary.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/check.h"
#include "rules/value_number.h"

namespace pavane::rules {
namespace {

absl::string_view BytesOf(const double& number) {
  return absl::string_view(reinterpret_cast<const char*>(&number), sizeof(number));
}

uint64_t Mix(uint64_t a, uint64_t b) {
  const __uint128_t product = static_cast<__uint128_t>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t Load8(const char* at) {
  uint64_t word;
  std::memcpy(&word, at, 8);
  return word;
}

uint64_t Load4(const char* at) {
  uint32_t word;
  std::memcpy(&word, at, 4);
  return word;
}

// A call of memcmp costs more than these few words.
bool SameText(const char* a, const char* b, size_t size) {
  if (size >= 8) {
    size_t at = 0;
    for (; at + 8 < size; at += 8) {
      if (Load8(a + at) != Load8(b + at)) return false;
    }
    return Load8(a + size - 8) == Load8(b + size - 8);
  }
  if (size >= 4) return Load4(a) == Load4(b) && Load4(a + size - 4) == Load4(b + size - 4);
  for (size_t at = 0; at < size; ++at) {
    if (a[at] != b[at]) return false;
  }
  return true;
}

}  // namespace

// A multiply-and-fold hash; never reads outside the text.
uint64_t TextDictionary::Hash(uint32_t slot, Type type, absl::string_view text) {
  constexpr uint64_t kSecret1 = 0xa0761d6478bd642f;
  constexpr uint64_t kSecret2 = 0xe7037ed1a0b428db;
  const char* at = text.data();
  const size_t size = text.size();
  uint64_t seed = Mix((uint64_t{slot} << 8 | static_cast<uint8_t>(type)) ^ kSecret1, kSecret2);
  uint64_t a = 0;
  uint64_t b = 0;
  if (size >= 16) {
    const char* const last = at + size - 16;
    for (; at < last; at += 16) seed = Mix(Load8(at) ^ kSecret1, Load8(at + 8) ^ seed);
    a = Load8(last);
    b = Load8(last + 8);
  } else if (size >= 8) {
    a = Load8(at);
    b = Load8(at + size - 8);
  } else if (size >= 4) {
    a = Load4(at);
    b = Load4(at + size - 4);
  } else if (size > 0) {
    a = static_cast<uint64_t>(static_cast<uint8_t>(at[0])) << 16 |
        static_cast<uint64_t>(static_cast<uint8_t>(at[size / 2])) << 8 |
        static_cast<uint8_t>(at[size - 1]);
  }
  return Mix(kSecret2 ^ size, Mix(a ^ kSecret1, b ^ seed));
}

void TextDictionary::Add(uint32_t slot, Type type, absl::string_view text) {
  building_.push_back({{slot, type}, std::string(text)});
}

void TextDictionary::AddNumber(uint32_t slot, double number) {
  Add(slot, Type::kNumber, BytesOf(number));
}

void TextDictionary::Freeze(uint32_t slot_count) {
  slots_.resize(slot_count);
  std::sort(building_.begin(), building_.end());
  building_.erase(std::unique(building_.begin(), building_.end()), building_.end());
  table_.resize(std::bit_ceil(building_.size() * 2 + 1));
  const uint64_t mask = table_.size() - 1;
  for (const auto& [key, text] : building_) {
    const auto& [slot, type] = key;
    Slot& s = slots_[slot];
    if (s.id_count++ == 0) s.first_id = size_;
    s.types |= static_cast<uint8_t>(1 << static_cast<int>(type));
    const uint64_t hash = Hash(slot, type, text);
    uint64_t place = hash & mask;
    while (table_[place].id != EventValue::kNone) place = (place + 1) & mask;
    table_[place] = {hash,
                     size_++,
                     slot,
                     static_cast<uint32_t>(texts_.size()),
                     static_cast<uint32_t>(text.size()),
                     type};
    texts_ += text;
  }
  building_.clear();
  building_.shrink_to_fit();
  texts_.shrink_to_fit();
}

uint32_t TextDictionary::IdOf(uint32_t slot, Type type, absl::string_view text) const {
  const uint64_t hash = Hash(slot, type, text);
  const uint64_t mask = table_.size() - 1;
  for (uint64_t place = hash & mask; table_[place].id != EventValue::kNone;
       place = (place + 1) & mask) {
    const Entry& entry = table_[place];
    if (entry.hash == hash && entry.slot == slot && entry.type == type &&
        entry.size == text.size() &&
        SameText(texts_.data() + entry.text, text.data(), text.size())) {
      return entry.id;
    }
  }
  return EventValue::kNone;
}

uint32_t TextDictionary::IdOfNumber(uint32_t slot, double number) const {
  return IdOf(slot, Type::kNumber, BytesOf(number));
}

uint32_t TextDictionary::Lookup(uint32_t slot, EventValue* value) const {
  const auto has = [types = slots_[slot].types](Type type) {
    return (types >> static_cast<int>(type) & 1) != 0;
  };
  switch (value->kind) {
    case EventValue::Kind::kString:
      if (has(Type::kString)) return IdOf(slot, Type::kString, value->text());
      break;
    case EventValue::Kind::kLiteral:
      if (has(Type::kLiteral)) return IdOf(slot, Type::kLiteral, value->text());
      break;
    case EventValue::Kind::kNumber:
      if (!has(Type::kNumber) && !has(Type::kSpelling)) break;
      if (IsComparable(value)) return IdOfNumber(slot, value->number);
      return IdOf(slot, Type::kSpelling, value->text());
  }
  return EventValue::kNone;
}

size_t TextDictionary::MemoryBytes() const {
  return table_.capacity() * sizeof(Entry) + texts_.capacity() + slots_.capacity() * sizeof(Slot);
}

}  // namespace pavane::rules
