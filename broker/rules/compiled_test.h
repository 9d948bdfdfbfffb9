#ifndef PAVANE_RULES_COMPILED_TEST_H_
#define PAVANE_RULES_COMPILED_TEST_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "rules/case_text.h"
#include "rules/event_values.h"
#include "rules/text_dictionary.h"
#include "rules/value_test.h"
#include "rules/wildcard.h"

namespace pavane::rules {

/// A test, as small as can be, so that those an index looks at in turn lie side by side. What does
/// not fit lies in the TestPool that made it.
struct CompiledTest {
  enum class Op : uint8_t {
    kId,          // id
    kOneOfMask,   // the id, less the slot's first one, is a bit of mask
    kOneOfIds,    // list in ids
    kFoldEquals,  // affix; the fold ops ignore ASCII case, with lower case in the affix
    kBlockV4,     // block_v4: an address, or a block of them
    kBlock,       // block: the same for IPv6
    kFoldPrefix,  // affix
    kFoldSuffix,  // affix
    kPrefix,      // affix
    kSuffix,      // affix
    kCase,        // index in case texts; variant is the ValueTest::Kind
    kWildcard,    // affix is about its first piece, affix.text an index in wildcards
    kRange,       // range, both ends included
    kCheck,       // index in checks: a field with several tests, or one that may be absent
    kNoneOfMask,  // not kOneOfMask
    kNoneOfIds,   // not kOneOfIds
    kNot,         // list in tests: a string that passes one of them fails
    kExists,      // any value
    kAlways,      // nothing left to test
  };
  /// Eight bytes to compare first: those that end a prefix, or begin a suffix, if it has that many.
  struct Affix {
    uint64_t key;
    uint32_t text;  // offset in texts
    uint32_t size;
  };
  struct List {
    uint32_t first;
    uint32_t count;
  };
  struct Range {
    double low;
    double high;
  };
  struct BlockV4 {
    uint32_t address;  // most significant byte first
    uint32_t mask;
  };
  struct Block {
    uint32_t index;
    uint32_t bits;
  };
  struct CaseOperand {
    uint32_t index;
    ValueTest::Kind kind;
  };

  /// What the value is compared with; which member it is depends on the operation.
  union Operand {
    Affix affix = {};
    List list;
    Range range;
    BlockV4 block_v4;
    Block block;
    uint64_t mask;
    uint32_t id;
    uint32_t index;
    CaseOperand cased;
  };

  Op op = Op::kAlways;
  uint32_t slot = 0;
  Operand operand;
};
static_assert(sizeof(CompiledTest::Operand) == 16);

/// A field of a conjunction: a value of the slot must pass one of the tests, or it may be absent.
struct CompiledCheck {
  uint32_t slot = 0;
  uint32_t first_test = 0;
  uint32_t test_count = 0;
  bool may_be_absent = false;
  bool equality = false;  // one test: kId or kOneOf
};

/// All that tests compare with. Filled while a matcher is built, constant afterwards.
class TestPool {
 public:
  /// Enters what the tests compare exactly.
  static void AddTexts(uint32_t slot, const ValueTest& test, TextDictionary* dictionary);

  /// Compiles a field. The dictionary is frozen, holds the field's texts and outlives the pool.
  uint32_t AddCheck(uint32_t slot, const std::vector<ValueTest>& tests,
                    const TextDictionary& dictionary);

  const CompiledCheck& check(uint32_t index) const { return checks_[index]; }
  const CompiledTest& test(uint32_t index) const { return tests_[index]; }
  uint32_t check_count() const { return static_cast<uint32_t>(checks_.size()); }
  const char* text(const CompiledTest& test) const {
    return texts_.data() + test.operand.affix.text;
  }
  const IpBlock& block(const CompiledTest& test) const { return blocks_[test.operand.block.index]; }
  const Wildcard& wildcard(const CompiledTest& test) const {
    return wildcards_[test.operand.affix.text];
  }
  /// The ids that an equality check compares with.
  std::vector<uint32_t> IdsOf(const CompiledCheck& check, const TextDictionary& dictionary) const;

  /// Whether `value` passes `test`, which is not kCheck or kAlways.
  bool Passes(const CompiledTest& test, const TextDictionary& dictionary, EventValues* values,
              EventValue* value) const;
  /// The address that `value` spells; null if it is none.
  static const IpAddress* AddressOf(EventValues* values, EventValue* value);

  /// Whether `value` passes one of the check's tests.
  bool PassesAny(const CompiledCheck& check, const TextDictionary& dictionary, EventValues* values,
                 EventValue* value) const;

  size_t MemoryBytes() const;

 private:
  using Op = CompiledTest::Op;

  CompiledTest Compile(uint32_t slot, const ValueTest& test, const TextDictionary& dictionary);
  void CompileAffix(Op op, absl::string_view text, CompiledTest* compiled);
  void CompileCase(ValueTest::Kind kind, absl::string_view text, CompiledTest* compiled);
  void CompileWildcard(absl::string_view text, CompiledTest* compiled);
  void CompileIds(uint32_t slot, std::vector<uint32_t> ids, bool positive,
                  const TextDictionary& dictionary, CompiledTest* compiled);
  void CompileNot(uint32_t slot, const ValueTest& test, ValueTest::Kind kind,
                  const TextDictionary& dictionary, CompiledTest* compiled);
  void CompileBlock(const IpBlock& block, CompiledTest* compiled);
  void CompileCheckTests(uint32_t slot, const std::vector<ValueTest>& tests,
                         const TextDictionary& dictionary, std::vector<CompiledTest>* compiled);

  std::vector<CompiledCheck> checks_;
  std::vector<CompiledTest> tests_;
  std::vector<uint32_t> ids_;
  std::vector<IpBlock> blocks_;
  std::vector<CaseText> case_texts_;
  std::vector<Wildcard> wildcards_;
  std::string texts_;
};

/// An IPv4 address as one number.
inline uint32_t WordOf(const IpAddress& v4) {
  return uint32_t{v4.bytes[0]} << 24 | uint32_t{v4.bytes[1]} << 16 | uint32_t{v4.bytes[2]} << 8 |
         v4.bytes[3];
}

/// `word` with ASCII capitals made small, eight bytes at once.
inline uint64_t FoldWord(uint64_t word) {
  constexpr uint64_t kEach = 0x0101010101010101;
  const uint64_t low = word & 0x7f * kEach;
  const uint64_t above_z = low + (0x7f - 'Z') * kEach;
  const uint64_t from_a = low + (0x80 - 'A') * kEach;
  const uint64_t capital = (from_a ^ above_z) & ~word & 0x80 * kEach;
  return word | capital >> 2;
}

/// Mask of the first `size` bytes of a word, up to all eight.
inline uint64_t HeadMask(uint32_t size) { return EventValues::HeadMask(size); }

/// Mask of the last `size` bytes of a word, up to all eight.
inline uint64_t TailMask(uint32_t size) { return ~HeadMask(size >= 8 ? 0 : 8 - size); }

/// A string value, seen so that an affix can be looked for without a branch.
class AffixView {
 public:
  explicit AffixView(const EventValue& value)
      : size_(value.size),
        tail_(value.tail()),
        begin_(value.size >= 8 ? value.data : reinterpret_cast<const char*>(&value.head)),
        end_(value.size >= 8 ? value.data + value.size
                             : reinterpret_cast<const char*>(&tail_ + 1)) {}
  AffixView(const AffixView&) = delete;
  AffixView& operator=(const AffixView&) = delete;

  /// Whether a first look lets the value begin with `affix`. If that has at most eight bytes it is
  /// the answer.
  bool MayBeginWith(const CompiledTest::Affix& affix) const {
    const bool fits = affix.size <= size_;
    return fits & ((Head(affix, fits) & HeadMask(affix.size)) == affix.key);
  }
  bool MayBeginWithFolded(const CompiledTest::Affix& affix) const {
    const bool fits = affix.size <= size_;
    return fits & ((FoldWord(Head(affix, fits)) & HeadMask(affix.size)) == affix.key);
  }
  /// The same for its end.
  bool MayEndWith(const CompiledTest::Affix& affix) const {
    const bool fits = affix.size <= size_;
    return fits & ((Tail(affix, fits) & TailMask(affix.size)) == affix.key);
  }
  bool MayEndWithFolded(const CompiledTest::Affix& affix) const {
    const bool fits = affix.size <= size_;
    return fits & ((FoldWord(Tail(affix, fits)) & TailMask(affix.size)) == affix.key);
  }

 private:
  static uint64_t Load(const char* at) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    return word;
  }
  // The eight bytes that end a longer prefix, or the first ones.
  uint64_t Head(const CompiledTest::Affix& affix, bool fits) const {
    const size_t offset = std::max(affix.size, 8u) - 8;
    return Load(begin_ + (fits ? offset : 0));
  }
  // The eight bytes that begin a longer suffix, or the last ones.
  uint64_t Tail(const CompiledTest::Affix& affix, bool fits) const {
    const size_t offset = std::max(affix.size, 8u);
    return Load(end_ - (fits ? offset : 8));
  }

  const uint32_t size_;
  const uint64_t tail_;
  const char* const begin_;  // eight bytes from here can be read
  const char* const end_;    // and eight bytes up to here
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_COMPILED_TEST_H_
