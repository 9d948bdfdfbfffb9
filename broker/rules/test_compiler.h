#ifndef PAVANE_RULES_TEST_COMPILER_H_
#define PAVANE_RULES_TEST_COMPILER_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"

#include "rules/compiled_test.h"
#include "rules/ip_address.h"
#include "rules/test_pool.h"
#include "rules/text_dictionary.h"
#include "rules/value_test.h"

namespace pavane::rules {

/// Compiles the fields of rules into a TestPool. `dictionary` is frozen and holds the texts of all
/// fields; it outlives the pool.
class TestCompiler {
 public:
  /// Enters what a test compares exactly into a dictionary that is not yet frozen.
  static void AddTexts(uint32_t slot, const ValueTest& test, TextDictionary* dictionary);

  TestCompiler(const TextDictionary& dictionary, TestPool* pool)
      : dictionary_(dictionary), pool_(*pool) {}

  /// Compiles a field; returns the number of its check.
  uint32_t AddCheck(uint32_t slot, const std::vector<ValueTest>& tests);

 private:
  using Op = CompiledTest::Op;

  CompiledTest Compile(uint32_t slot, const ValueTest& test);
  void CompileAffix(Op op, absl::string_view text, CompiledTest* compiled);
  void CompileCase(ValueTest::Kind kind, absl::string_view text, CompiledTest* compiled);
  void CompileWildcard(absl::string_view text, CompiledTest* compiled);
  void CompileIds(uint32_t slot, std::vector<uint32_t> ids, bool positive, CompiledTest* compiled);
  void CompileNot(uint32_t slot, const ValueTest& test, ValueTest::Kind kind,
                  CompiledTest* compiled);
  void CompileBlock(const IpBlock& block, CompiledTest* compiled);
  void CompileRange(const ValueTest& test, CompiledTest* compiled);
  void CompileCheckTests(uint32_t slot, const std::vector<ValueTest>& tests,
                         std::vector<CompiledTest>* compiled);
  uint32_t IdOfExact(uint32_t slot, const ValueTest& test) const;

  const TextDictionary& dictionary_;
  TestPool& pool_;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_TEST_COMPILER_H_
