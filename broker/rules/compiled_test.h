#ifndef PAVANE_RULES_COMPILED_TEST_H_
#define PAVANE_RULES_COMPILED_TEST_H_

#include <cstdint>

#include "rules/value_test.h"

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

}  // namespace pavane::rules

#endif  // PAVANE_RULES_COMPILED_TEST_H_
