#include "rules/compiled_test.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"

#include "rules/value_number.h"

namespace pavane::rules {
namespace {

using Kind = ValueTest::Kind;
using Type = TextDictionary::Type;

bool EqualsFolded(const char* value, const char* lower, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    if (absl::ascii_tolower(value[i]) != lower[i]) return false;
  }
  return true;
}

bool IsExact(const ValueTest& test) {
  return test.kind == Kind::kExactly || test.kind == Kind::kNumber || test.kind == Kind::kLiteral ||
         (test.kind == Kind::kString && !test.is_address);
}

uint32_t IdOfExact(uint32_t slot, const ValueTest& test, const TextDictionary& dictionary) {
  switch (test.kind) {
    case Kind::kNumber:
      return test.comparable ? dictionary.IdOfNumber(slot, test.low.value)
                             : dictionary.IdOf(slot, Type::kSpelling, test.texts[0]);
    case Kind::kLiteral:
      return dictionary.IdOf(slot, Type::kLiteral, test.texts[0]);
    default:
      return dictionary.IdOf(slot, Type::kString, test.texts[0]);
  }
}

// An affix's key as class AffixView reads it.
uint64_t KeyOf(absl::string_view text, bool suffix) {
  uint64_t key = 0;
  if (text.size() >= 8) {
    std::memcpy(&key, suffix ? text.data() : text.data() + text.size() - 8, 8);
  } else if (!text.empty()) {
    std::memcpy(&key, text.data(), text.size());
    if (suffix) key <<= 8 * (8 - text.size());
  }
  return key;
}

}  // namespace

void TestPool::AddTexts(uint32_t slot, const ValueTest& test, TextDictionary* dictionary) {
  switch (test.kind) {
    case Kind::kString:
      if (!test.is_address) dictionary->Add(slot, Type::kString, test.texts[0]);
      break;
    case Kind::kExactly:
      dictionary->Add(slot, Type::kString, test.texts[0]);
      break;
    case Kind::kLiteral:
      dictionary->Add(slot, Type::kLiteral, test.texts[0]);
      break;
    case Kind::kNumber:
      if (test.comparable) {
        dictionary->AddNumber(slot, test.low.value);
      } else {
        dictionary->Add(slot, Type::kSpelling, test.texts[0]);
      }
      break;
    case Kind::kAnythingBut:
      for (const std::string& text : test.texts) dictionary->Add(slot, Type::kString, text);
      break;
    case Kind::kAnythingButNumber:
      for (double number : test.numbers) dictionary->AddNumber(slot, number);
      break;
    default:
      break;
  }
}

void TestPool::CompileAffix(Op op, absl::string_view text, CompiledTest* compiled) {
  compiled->op = op;
  const bool suffix = op == Op::kSuffix || op == Op::kFoldSuffix;
  compiled->operand.affix = {KeyOf(text, suffix), static_cast<uint32_t>(texts_.size()),
                             static_cast<uint32_t>(text.size())};
  // Short ones are all in the key.
  if (text.size() > 8) texts_.append(text.data(), text.size());
}

// Only ASCII has cases that differ in one bit; a text whose other characters have no case compares
// with ASCII folding alone.
void TestPool::CompileCase(Kind kind, absl::string_view text, CompiledTest* compiled) {
  CaseText case_text(text);
  std::string folded;
  bool ascii = true;
  for (const auto& [lower, upper] : case_text.characters()) {
    ascii &= lower == upper || (lower.size() == 1 && absl::ascii_isalpha(lower[0]));
    folded += lower;
  }
  if (ascii) {
    const Op op = kind == Kind::kPrefixIgnoreCase   ? Op::kFoldPrefix
                  : kind == Kind::kSuffixIgnoreCase ? Op::kFoldSuffix
                                                    : Op::kFoldEquals;
    return CompileAffix(op, folded, compiled);
  }
  compiled->op = Op::kCase;
  compiled->operand.cased = {static_cast<uint32_t>(case_texts_.size()), kind};
  case_texts_.push_back(std::move(case_text));
}

void TestPool::CompileWildcard(absl::string_view text, CompiledTest* compiled) {
  Wildcard wildcard = *Wildcard::Parse(text);
  const std::string& first = wildcard.pieces()[0];
  compiled->op = Op::kWildcard;
  compiled->operand.affix = {KeyOf(first, false), static_cast<uint32_t>(wildcards_.size()),
                             static_cast<uint32_t>(first.size())};
  wildcards_.push_back(std::move(wildcard));
}

void TestPool::CompileIds(uint32_t slot, std::vector<uint32_t> ids, bool positive,
                          const TextDictionary& dictionary, CompiledTest* compiled) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (positive && ids.size() == 1) {
    compiled->op = Op::kId;
    compiled->operand.id = ids[0];
  } else if (dictionary.id_count(slot) <= 64) {
    compiled->op = positive ? Op::kOneOfMask : Op::kNoneOfMask;
    compiled->operand.mask = 0;
    for (uint32_t id : ids)
      compiled->operand.mask |= uint64_t{1} << (id - dictionary.first_id(slot));
  } else {
    compiled->op = positive ? Op::kOneOfIds : Op::kNoneOfIds;
    compiled->operand.list = {static_cast<uint32_t>(ids_.size()),
                              static_cast<uint32_t>(ids.size())};
    ids_.insert(ids_.end(), ids.begin(), ids.end());
  }
}

void TestPool::CompileNot(uint32_t slot, const ValueTest& test, Kind kind,
                          const TextDictionary& dictionary, CompiledTest* compiled) {
  std::vector<CompiledTest> inner;
  for (const std::string& text : test.texts) {
    ValueTest single;
    single.kind = kind;
    single.texts = {text};
    inner.push_back(Compile(slot, single, dictionary));
  }
  compiled->op = Op::kNot;
  compiled->operand.list = {static_cast<uint32_t>(tests_.size()),
                            static_cast<uint32_t>(inner.size())};
  tests_.insert(tests_.end(), inner.begin(), inner.end());
}

void TestPool::CompileBlock(const IpBlock& block, CompiledTest* compiled) {
  if (block.address.is_v4) {
    const uint32_t mask = block.bits == 0 ? 0 : ~uint32_t{0} << (32 - block.bits);
    compiled->op = Op::kBlockV4;
    compiled->operand.block_v4 = {WordOf(block.address) & mask, mask};
    return;
  }
  compiled->op = Op::kBlock;
  compiled->operand.block = {static_cast<uint32_t>(blocks_.size()),
                             static_cast<uint32_t>(block.bits)};
  blocks_.push_back(block);
}

CompiledTest TestPool::Compile(uint32_t slot, const ValueTest& test,
                               const TextDictionary& dictionary) {
  CompiledTest compiled;
  compiled.slot = slot;
  switch (test.kind) {
    case Kind::kString:
      if (test.is_address) {
        CompileBlock(IpBlock{test.address, test.address.is_v4 ? 32 : 128}, &compiled);
        break;
      }
      [[fallthrough]];
    case Kind::kExactly:
    case Kind::kNumber:
    case Kind::kLiteral:
      CompileIds(slot, {IdOfExact(slot, test, dictionary)}, true, dictionary, &compiled);
      break;
    case Kind::kPrefix:
      CompileAffix(Op::kPrefix, test.texts[0], &compiled);
      break;
    case Kind::kSuffix:
      CompileAffix(Op::kSuffix, test.texts[0], &compiled);
      break;
    case Kind::kPrefixIgnoreCase:
    case Kind::kSuffixIgnoreCase:
    case Kind::kEqualsIgnoreCase:
      CompileCase(test.kind, test.texts[0], &compiled);
      break;
    case Kind::kWildcard:
      CompileWildcard(test.texts[0], &compiled);
      break;
    case Kind::kNumeric: {
      constexpr double kInfinity = std::numeric_limits<double>::infinity();
      compiled.op = Op::kRange;
      compiled.operand.range = {-kInfinity, kInfinity};
      if (test.low.present) {
        compiled.operand.range.low =
            test.low.inclusive ? test.low.value : std::nextafter(test.low.value, kInfinity);
      }
      if (test.high.present) {
        compiled.operand.range.high =
            test.high.inclusive ? test.high.value : std::nextafter(test.high.value, -kInfinity);
      }
      break;
    }
    case Kind::kCidr:
      CompileBlock(test.block, &compiled);
      break;
    case Kind::kExists:
      compiled.op = Op::kExists;
      break;
    case Kind::kAnythingBut: {
      std::vector<uint32_t> ids;
      for (const std::string& text : test.texts) {
        ids.push_back(dictionary.IdOf(slot, Type::kString, text));
      }
      CompileIds(slot, std::move(ids), false, dictionary, &compiled);
      break;
    }
    case Kind::kAnythingButNumber: {
      std::vector<uint32_t> ids;
      for (double number : test.numbers) ids.push_back(dictionary.IdOfNumber(slot, number));
      CompileIds(slot, std::move(ids), false, dictionary, &compiled);
      break;
    }
    case Kind::kAnythingButPrefix:
      CompileNot(slot, test, Kind::kPrefix, dictionary, &compiled);
      break;
    case Kind::kAnythingButSuffix:
      CompileNot(slot, test, Kind::kSuffix, dictionary, &compiled);
      break;
    case Kind::kAnythingButIgnoreCase:
      CompileNot(slot, test, Kind::kEqualsIgnoreCase, dictionary, &compiled);
      break;
    case Kind::kAnythingButWildcard:
      CompileNot(slot, test, Kind::kWildcard, dictionary, &compiled);
      break;
  }
  return compiled;
}

// All exact tests of a field become one.
void TestPool::CompileCheckTests(uint32_t slot, const std::vector<ValueTest>& tests,
                                 const TextDictionary& dictionary,
                                 std::vector<CompiledTest>* compiled) {
  std::vector<uint32_t> ids;
  for (const ValueTest& test : tests) {
    if (IsExact(test)) {
      ids.push_back(IdOfExact(slot, test, dictionary));
    } else if (test.kind != Kind::kExists || test.exists) {
      compiled->push_back(Compile(slot, test, dictionary));
    }
  }
  if (ids.empty()) return;
  CompiledTest exact;
  exact.slot = slot;
  CompileIds(slot, std::move(ids), true, dictionary, &exact);
  compiled->insert(compiled->begin(), exact);
}

uint32_t TestPool::AddCheck(uint32_t slot, const std::vector<ValueTest>& tests,
                            const TextDictionary& dictionary) {
  std::vector<CompiledTest> compiled;
  CompileCheckTests(slot, tests, dictionary, &compiled);
  CompiledCheck check;
  check.slot = slot;
  check.first_test = static_cast<uint32_t>(tests_.size());
  check.test_count = static_cast<uint32_t>(compiled.size());
  check.may_be_absent = std::any_of(tests.begin(), tests.end(), [](const ValueTest& test) {
    return test.kind == Kind::kExists && !test.exists;
  });
  check.equality = !check.may_be_absent && compiled.size() == 1 && compiled[0].op <= Op::kOneOfIds;
  tests_.insert(tests_.end(), compiled.begin(), compiled.end());
  checks_.push_back(check);
  return static_cast<uint32_t>(checks_.size() - 1);
}

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
      const CaseText& case_text = case_texts_[test.operand.cased.index];
      const Kind kind = test.operand.cased.kind;
      return kind == Kind::kPrefixIgnoreCase   ? case_text.IsPrefixOf(value->text())
             : kind == Kind::kSuffixIgnoreCase ? case_text.IsSuffixOf(value->text())
                                               : case_text.Equals(value->text());
    }
    case Op::kWildcard:
      return is_string && AffixView(*value).MayBeginWith(test.operand.affix) &&
             wildcards_[test.operand.affix.text].Matches(value->text());
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
