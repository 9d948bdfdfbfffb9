#ifndef PAVANE_RULES_EXPLAIN_MISS_H_
#define PAVANE_RULES_EXPLAIN_MISS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rules/flat_event.h"
#include "rules/value_test.h"

namespace pavane::rules {

/// How a value misses a test: a closed set, from near to far. docs/patterns.md has the words of
/// each. Numbers are those of pavane.admin.v1.ExplainNode.Miss.
enum class Miss : uint8_t {
  kNone = 0,
  kCase = 1,            // differs in case only
  kWhiteSpace = 2,      // differs only in white space at its ends
  kType = 3,            // has the spelling, not the type
  kSpelling = 4,        // differs by an edit or two
  kRange = 5,           // a number outside the range
  kBlock = 6,           // an address outside the block
  kPart = 7,            // fits up to some place
  kExcluded = 8,        // is what anything-but leaves out
  kPresent = 9,         // is there, and should not be
  kNotComparable = 10,  // a number that cannot be compared
  kNoAddress = 11,      // no IP address, or one of the other family
  kOtherType = 12,      // of another type
  kDiffers = 13,        // another value of the type
  kObject = 14,         // an object stands at the path
  kEmptyArray = 15,     // an empty array stands at the path
  kAbsent = 16,         // nothing stands at the path
  kElements = 17,       // the values lie in different elements of an array
  kTooComplex = 18,     // the work budget did not suffice
};

struct NearMiss {
  Miss kind = Miss::kNone;
  std::string words;
};

/// How `value` misses `test`, which it does not pass. The test is none of exists.
NearMiss MissOf(const ValueTest& test, const FlatEvent::Value& value);

/// The nearest miss of values that all fail the test, of which only the first ones are looked at;
/// what stands at the path instead if there are none.
NearMiss NearestMiss(const ValueTest& test, const std::vector<FlatEvent::Value>& values,
                     const FlatEvent::Structure& structure);

/// The nearer of two.
const NearMiss& Nearer(const NearMiss& a, const NearMiss& b);

/// The text with halves of surrogate pairs, which are no UTF-8, written as escapes.
std::string Printable(std::string text);
/// A value as JSON text of about `bytes_max` bytes; a longer one ends in "...".
std::string ShowValue(const FlatEvent::Value& value, size_t bytes_max);
/// A text likewise.
std::string ShowText(const std::string& text, size_t bytes_max);

}  // namespace pavane::rules

#endif  // PAVANE_RULES_EXPLAIN_MISS_H_
