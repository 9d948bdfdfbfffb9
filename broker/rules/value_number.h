#ifndef PAVANE_RULES_VALUE_NUMBER_H_
#define PAVANE_RULES_VALUE_NUMBER_H_

#include "rules/event_values.h"

namespace pavane::rules {

/// Reads the number that `value` spells, without asking whether it is comparable. False if it is
/// certainly not: too large.
bool ReadNumber(EventValue* value);

/// Whether `value` is a comparable number; then value->number is it.
bool IsComparable(EventValue* value);

}  // namespace pavane::rules

#endif  // PAVANE_RULES_VALUE_NUMBER_H_
