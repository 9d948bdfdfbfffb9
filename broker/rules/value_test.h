#ifndef PAVANE_RULES_VALUE_TEST_H_
#define PAVANE_RULES_VALUE_TEST_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "rules/ip_address.h"
#include "rules/number.h"

namespace pavane::rules {

/// One test of a pattern's array, as written: `"text"`, `5`, `null`, `{"prefix": "a"}`.
/// Plain data, made by the pattern parser, which has checked every argument.
struct ValueTest {
  enum class Kind : uint8_t {
    kString,   // texts[0]; by address when `address` is set
    kNumber,   // texts[0] is the spelling; `low` is the number if comparable
    kLiteral,  // texts[0]: true, false or null
    kExactly,  // texts[0]
    kPrefix,   // texts[0], and so on for the next ones
    kSuffix,
    kPrefixIgnoreCase,
    kSuffixIgnoreCase,
    kEqualsIgnoreCase,
    kWildcard,           // texts[0], escapes still in it
    kNumeric,            // low, high
    kCidr,               // block
    kExists,             // exists
    kAnythingBut,        // none of texts
    kAnythingButNumber,  // none of numbers
    kAnythingButPrefix,  // no prefix in texts, and so on for the next ones
    kAnythingButSuffix,
    kAnythingButIgnoreCase,
    kAnythingButWildcard,
  };

  /// One end of a numeric range.
  struct Bound {
    bool present = false;
    bool inclusive = false;
    double value = 0;
  };

  Kind kind = Kind::kString;
  size_t offset = 0;  // of the test in the pattern's text, in bytes
  size_t length = 0;
  std::vector<std::string> texts;
  std::vector<double> numbers;
  bool comparable = false;  // kNumber: low.value is the number
  Bound low;
  Bound high;
  bool is_address = false;  // kString: matched by address
  IpAddress address;
  IpBlock block;
  bool exists = true;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_VALUE_TEST_H_
