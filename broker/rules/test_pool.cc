#include "rules/test_pool.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "absl/strings/ascii.h"

#include "rules/affix_view.h"
#include "rules/value_number.h"

namespace pavane::rules {
namespace {

using Kind = ValueTest::Kind;
using Op = CompiledTest::Op;

bool EqualsFolded(const char* value, const char* lower, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    if (absl::ascii_tolower(value[i]) != lower[i]) return false;
  }
  return true;
}

// For a test that reads the whole text.
void ChargeText(const EventValue& value, EventValues* values) {
  constexpr uint64_t kBytesPerWork = 4;
  values->Charge(1 + value.size / kBytesPerWork);
}

}  // namespace

std::vector<uint32_t> TestPool::IdsOf(const CompiledCheck& check,
                                      const TextDictionary& dictionary) const {
  const CompiledTest& test = tests_[check.first_test];
  if (test.op == Op::kId) return {test.operand.id};
  std::vector<uint32_t> ids;
  if (test.op == Op::kOneOfMask) {
    for (uint32_t bit = 0; bit < 64; ++bit) {
      if ((test.operand.mask >> bit & 1) != 0) ids.push_back(dictionary.first_id(check.slot) + bit);
    }
  } else {
    ids.assign(ids_.begin() + test.operand.list.first,
               ids_.begin() + test.operand.list.first + test.operand.list.count);
  }
  return ids;
}

bool TestPool::Passes(const CompiledTest& test, const TextDictionary& dictionary,
                      EventValues* values, EventValue* value) const {
  const bool is_string = value->kind == EventValue::Kind::kString;
  switch (test.op) {
    case Op::kId:
      return dictionary.Find(test.slot, value) == test.operand.id;
    case Op::kOneOfMask:
    case Op::kNoneOfMask: {
      const uint32_t id = dictionary.Find(test.slot, value);
      const bool found = id != EventValue::kNone &&
                         (test.operand.mask >> (id - dictionary.first_id(test.slot)) & 1) != 0;
      return found == (test.op == Op::kOneOfMask);
    }
    case Op::kOneOfIds:
    case Op::kNoneOfIds: {
      const uint32_t id = dictionary.Find(test.slot, value);
      const uint32_t* first = ids_.data() + test.operand.list.first;
      return std::binary_search(first, first + test.operand.list.count, id) ==
             (test.op == Op::kOneOfIds);
    }
    case Op::kPrefix:
      return is_string && AffixView(*value).MayBeginWith(test.operand.affix) &&
             (test.operand.affix.size <= 8 ||
              std::memcmp(value->data, text(test), test.operand.affix.size) == 0);
    case Op::kSuffix:
      return is_string && AffixView(*value).MayEndWith(test.operand.affix) &&
             (test.operand.affix.size <= 8 ||
              std::memcmp(value->data + value->size - test.operand.affix.size, text(test),
                          test.operand.affix.size) == 0);
    case Op::kFoldEquals:
      if (value->size != test.operand.affix.size) return false;
      [[fallthrough]];
    case Op::kFoldPrefix:
      return is_string && AffixView(*value).MayBeginWithFolded(test.operand.affix) &&
             (test.operand.affix.size <= 8 ||
              EqualsFolded(value->data, text(test), test.operand.affix.size));
    case Op::kFoldSuffix:
      return is_string && AffixView(*value).MayEndWithFolded(test.operand.affix) &&
             (test.operand.affix.size <= 8 ||
              EqualsFolded(value->data + value->size - test.operand.affix.size, text(test),
                           test.operand.affix.size));
    case Op::kCase: {
      if (!is_string) return false;
      ChargeText(*value, values);
      const CaseText& case_text = case_texts_[test.operand.cased.index];
      const Kind kind = test.operand.cased.kind;
      return kind == Kind::kPrefixIgnoreCase   ? case_text.IsPrefixOf(value->text())
             : kind == Kind::kSuffixIgnoreCase ? case_text.IsSuffixOf(value->text())
                                               : case_text.Equals(value->text());
    }
    case Op::kWildcard:
      if (!is_string || !AffixView(*value).MayBeginWith(test.operand.affix)) return false;
      ChargeText(*value, values);
      return wildcards_[test.operand.affix.text].Matches(value->text());
    case Op::kRange:
      return value->kind == EventValue::Kind::kNumber && ReadNumber(value) &&
             value->number >= test.operand.range.low && value->number <= test.operand.range.high &&
             IsComparable(value);
    case Op::kBlockV4: {
      const IpAddress* address = is_string ? AddressOf(values, value) : nullptr;
      return address != nullptr && address->is_v4 &&
             (WordOf(*address) & test.operand.block_v4.mask) == test.operand.block_v4.address;
    }
    case Op::kBlock: {
      const IpAddress* address = is_string ? AddressOf(values, value) : nullptr;
      return address != nullptr && block(test).Contains(*address);
    }
    case Op::kNot:
      if (!is_string) return true;
      for (uint32_t i = 0; i < test.operand.list.count; ++i) {
        if (Passes(tests_[test.operand.list.first + i], dictionary, values, value)) return false;
      }
      return true;
    case Op::kExists:
    case Op::kAlways:
    case Op::kCheck:
      return true;
  }
  return false;
}

const IpAddress* TestPool::AddressOf(EventValues* values, EventValue* value) {
  if (value->address_state == EventValue::Address::kUnread) {
    const std::optional<IpAddress> address = IpAddress::Parse(value->text());
    value->address_state =
        address.has_value() ? EventValue::Address::kAddress : EventValue::Address::kNone;
    if (address.has_value()) value->address = values->AddAddress(*address);
  }
  if (value->address_state == EventValue::Address::kNone) return nullptr;
  return &values->address(value->address);
}

bool TestPool::PassesAny(const CompiledCheck& check, const TextDictionary& dictionary,
                         EventValues* values, EventValue* value) const {
  for (uint32_t i = 0; i < check.test_count; ++i) {
    if (Passes(tests_[check.first_test + i], dictionary, values, value)) return true;
  }
  return false;
}

bool TestPool::MayHold(const CompiledCheck& check, const TextDictionary& dictionary,
                       EventValues* values) const {
  const EventValues::Slot& slot = values->slot(check.slot);
  if (slot.first == EventValue::kNone) return check.may_be_absent;
  for (uint32_t i = slot.first; i != EventValue::kNone && !values->exhausted();) {
    EventValue& value = values->value(i);
    values->Charge(check.test_count);
    if (PassesAny(check, dictionary, values, &value)) return true;
    i = value.next;
  }
  return check.may_be_absent && slot.in_array;
}

size_t TestPool::MemoryBytes() const {
  size_t bytes = checks_.capacity() * sizeof(CompiledCheck) +
                 tests_.capacity() * sizeof(CompiledTest) + ids_.capacity() * sizeof(uint32_t) +
                 blocks_.capacity() * sizeof(IpBlock) + texts_.capacity();
  for (const Wildcard& wildcard : wildcards_) {
    bytes += sizeof(Wildcard) + wildcard.pieces().capacity() * sizeof(std::string);
  }
  for (const CaseText& text : case_texts_) {
    bytes += sizeof(CaseText) + text.characters().capacity() * 2 * sizeof(std::string);
  }
  return bytes;
}

}  // namespace pavane::rules
