#ifndef PAVANE_TESTS_UNIT_RULES_COVERAGE_H_
#define PAVANE_TESTS_UNIT_RULES_COVERAGE_H_

#include <cstdint>
#include <map>
#include <string>

#include "rules/flat_event.h"
#include "rules/pattern.h"

namespace pavane::rules::testing {

/// What random rules and events have touched of the language, counted: a test of two engines shows
/// nothing about what never occurred.
class Coverage {
 public:
  /// Counts the pattern's kinds of tests, `$or`, replaced fields and fields that may be absent.
  void SeePattern(const Pattern& pattern);

  /// Counts, for each test of the pattern, the values that it passes and fails; and what is odd
  /// about the event. Costs about as much as matching, so it is enough to show it now and then.
  void SeeEvent(const Pattern& pattern, const FlatEvent& event);

  /// A repeated name, seen by validation or by the maker.
  void See(const std::string& feature) { ++counts_[feature]; }

  /// Names of what never occurred, joined; empty if everything did.
  std::string Missing() const;

 private:
  std::map<std::string, uint64_t> counts_;
};

}  // namespace pavane::rules::testing

#endif  // PAVANE_TESTS_UNIT_RULES_COVERAGE_H_
