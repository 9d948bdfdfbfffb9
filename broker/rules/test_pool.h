#ifndef PAVANE_RULES_TEST_POOL_H_
#define PAVANE_RULES_TEST_POOL_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "rules/case_text.h"
#include "rules/compiled_test.h"
#include "rules/event_values.h"
#include "rules/ip_address.h"
#include "rules/text_dictionary.h"
#include "rules/wildcard.h"

namespace pavane::rules {

/// All that tests compare with. Filled by a TestCompiler while a matcher is built, constant
/// afterwards.
class TestPool {
 public:
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

  /// Whether the check holds, array consistency aside: a field may then be absent for the element
  /// that is looked at although the event has values for it.
  bool MayHold(const CompiledCheck& check, const TextDictionary& dictionary,
               EventValues* values) const;

  size_t MemoryBytes() const;

 private:
  friend class TestCompiler;

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

}  // namespace pavane::rules

#endif  // PAVANE_RULES_TEST_POOL_H_
