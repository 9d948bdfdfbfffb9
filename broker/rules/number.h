#ifndef PAVANE_RULES_NUMBER_H_
#define PAVANE_RULES_NUMBER_H_

#include <optional>

#include "absl/strings/string_view.h"

namespace pavane::rules {

/// The value of the JSON number `text` if the number is comparable: finite as the nearest double
/// d, and exactly the shortest decimal that prints d. Empty otherwise: such numbers match only by
/// spelling. `text` is a valid JSON number; its length is not limited. -0 gives 0.
std::optional<double> ComparableNumber(absl::string_view text);

/// The same for the numbers that most are: no exponent, at most 15 digits, all of which are
/// comparable. Empty if `text` is another one.
std::optional<double> PlainNumber(absl::string_view text);

}  // namespace pavane::rules

#endif  // PAVANE_RULES_NUMBER_H_
