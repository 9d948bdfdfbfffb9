#include "rules/test_compiler.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"

namespace pavane::rules {
namespace {

using Kind = ValueTest::Kind;
using Type = TextDictionary::Type;

bool IsExact(const ValueTest& test) {
  return test.kind == Kind::kExactly || test.kind == Kind::kNumber || test.kind == Kind::kLiteral ||
         (test.kind == Kind::kString && !test.is_address);
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

void TestCompiler::AddTexts(uint32_t slot, const ValueTest& test, TextDictionary* dictionary) {
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

void TestCompiler::CompileAffix(Op op, absl::string_view text, CompiledTest* compiled) {
  compiled->op = op;
  const bool suffix = op == Op::kSuffix || op == Op::kFoldSuffix;
  compiled->operand.affix = {KeyOf(text, suffix), static_cast<uint32_t>(pool_.texts_.size()),
                             static_cast<uint32_t>(text.size())};
  // Short ones are all in the key.
  if (text.size() > 8) pool_.texts_.append(text.data(), text.size());
}

// Only ASCII has cases that differ in one bit; a text whose other characters have no case compares
// with ASCII folding alone.
void TestCompiler::CompileCase(Kind kind, absl::string_view text, CompiledTest* compiled) {
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
  compiled->operand.cased = {static_cast<uint32_t>(pool_.case_texts_.size()), kind};
  pool_.case_texts_.push_back(std::move(case_text));
}

void TestCompiler::CompileWildcard(absl::string_view text, CompiledTest* compiled) {
  Wildcard wildcard = *Wildcard::Parse(text);
  const std::string& first = wildcard.pieces()[0];
  compiled->op = Op::kWildcard;
  compiled->operand.affix = {KeyOf(first, false), static_cast<uint32_t>(pool_.wildcards_.size()),
                             static_cast<uint32_t>(first.size())};
  pool_.wildcards_.push_back(std::move(wildcard));
}

void TestCompiler::CompileIds(uint32_t slot, std::vector<uint32_t> ids, bool positive,
                              CompiledTest* compiled) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (positive && ids.size() == 1) {
    compiled->op = Op::kId;
    compiled->operand.id = ids[0];
  } else if (dictionary_.id_count(slot) <= 64) {
    compiled->op = positive ? Op::kOneOfMask : Op::kNoneOfMask;
    compiled->operand.mask = 0;
    for (uint32_t id : ids)
      compiled->operand.mask |= uint64_t{1} << (id - dictionary_.first_id(slot));
  } else {
    compiled->op = positive ? Op::kOneOfIds : Op::kNoneOfIds;
    compiled->operand.list = {static_cast<uint32_t>(pool_.ids_.size()),
                              static_cast<uint32_t>(ids.size())};
    pool_.ids_.insert(pool_.ids_.end(), ids.begin(), ids.end());
  }
}

void TestCompiler::CompileNot(uint32_t slot, const ValueTest& test, Kind kind,
                              CompiledTest* compiled) {
  std::vector<CompiledTest> inner;
  for (const std::string& text : test.texts) {
    ValueTest single;
    single.kind = kind;
    single.texts = {text};
    inner.push_back(Compile(slot, single));
  }
  compiled->op = Op::kNot;
  compiled->operand.list = {static_cast<uint32_t>(pool_.tests_.size()),
                            static_cast<uint32_t>(inner.size())};
  pool_.tests_.insert(pool_.tests_.end(), inner.begin(), inner.end());
}

void TestCompiler::CompileBlock(const IpBlock& block, CompiledTest* compiled) {
  if (block.address.is_v4) {
    const uint32_t mask = block.bits == 0 ? 0 : ~uint32_t{0} << (32 - block.bits);
    compiled->op = Op::kBlockV4;
    compiled->operand.block_v4 = {WordOf(block.address) & mask, mask};
    return;
  }
  compiled->op = Op::kBlock;
  compiled->operand.block = {static_cast<uint32_t>(pool_.blocks_.size()),
                             static_cast<uint32_t>(block.bits)};
  pool_.blocks_.push_back(block);
}

void TestCompiler::CompileRange(const ValueTest& test, CompiledTest* compiled) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  compiled->op = Op::kRange;
  compiled->operand.range = {-kInfinity, kInfinity};
  if (test.low.present) {
    compiled->operand.range.low =
        test.low.inclusive ? test.low.value : std::nextafter(test.low.value, kInfinity);
  }
  if (test.high.present) {
    compiled->operand.range.high =
        test.high.inclusive ? test.high.value : std::nextafter(test.high.value, -kInfinity);
  }
}

uint32_t TestCompiler::IdOfExact(uint32_t slot, const ValueTest& test) const {
  switch (test.kind) {
    case Kind::kNumber:
      return test.comparable ? dictionary_.IdOfNumber(slot, test.low.value)
                             : dictionary_.IdOf(slot, Type::kSpelling, test.texts[0]);
    case Kind::kLiteral:
      return dictionary_.IdOf(slot, Type::kLiteral, test.texts[0]);
    default:
      return dictionary_.IdOf(slot, Type::kString, test.texts[0]);
  }
}

CompiledTest TestCompiler::Compile(uint32_t slot, const ValueTest& test) {
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
      CompileIds(slot, {IdOfExact(slot, test)}, true, &compiled);
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
    case Kind::kNumeric:
      CompileRange(test, &compiled);
      break;
    case Kind::kCidr:
      CompileBlock(test.block, &compiled);
      break;
    case Kind::kExists:
      compiled.op = Op::kExists;
      break;
    case Kind::kAnythingBut: {
      std::vector<uint32_t> ids;
      for (const std::string& text : test.texts) {
        ids.push_back(dictionary_.IdOf(slot, Type::kString, text));
      }
      CompileIds(slot, std::move(ids), false, &compiled);
      break;
    }
    case Kind::kAnythingButNumber: {
      std::vector<uint32_t> ids;
      for (double number : test.numbers) ids.push_back(dictionary_.IdOfNumber(slot, number));
      CompileIds(slot, std::move(ids), false, &compiled);
      break;
    }
    case Kind::kAnythingButPrefix:
      CompileNot(slot, test, Kind::kPrefix, &compiled);
      break;
    case Kind::kAnythingButSuffix:
      CompileNot(slot, test, Kind::kSuffix, &compiled);
      break;
    case Kind::kAnythingButIgnoreCase:
      CompileNot(slot, test, Kind::kEqualsIgnoreCase, &compiled);
      break;
    case Kind::kAnythingButWildcard:
      CompileNot(slot, test, Kind::kWildcard, &compiled);
      break;
  }
  return compiled;
}

// All exact tests of a field become one.
void TestCompiler::CompileCheckTests(uint32_t slot, const std::vector<ValueTest>& tests,
                                     std::vector<CompiledTest>* compiled) {
  std::vector<uint32_t> ids;
  for (const ValueTest& test : tests) {
    if (IsExact(test)) {
      ids.push_back(IdOfExact(slot, test));
    } else if (test.kind != Kind::kExists || test.exists) {
      compiled->push_back(Compile(slot, test));
    }
  }
  if (ids.empty()) return;
  CompiledTest exact;
  exact.slot = slot;
  CompileIds(slot, std::move(ids), true, &exact);
  compiled->insert(compiled->begin(), exact);
}

uint32_t TestCompiler::AddCheck(uint32_t slot, const std::vector<ValueTest>& tests) {
  std::vector<CompiledTest> compiled;
  CompileCheckTests(slot, tests, &compiled);
  CompiledCheck check;
  check.slot = slot;
  check.first_test = static_cast<uint32_t>(pool_.tests_.size());
  check.test_count = static_cast<uint32_t>(compiled.size());
  check.may_be_absent = std::any_of(tests.begin(), tests.end(), [](const ValueTest& test) {
    return test.kind == Kind::kExists && !test.exists;
  });
  check.equality = !check.may_be_absent && compiled.size() == 1 && compiled[0].op <= Op::kOneOfIds;
  pool_.tests_.insert(pool_.tests_.end(), compiled.begin(), compiled.end());
  pool_.checks_.push_back(check);
  return static_cast<uint32_t>(pool_.checks_.size() - 1);
}

}  // namespace pavane::rules
