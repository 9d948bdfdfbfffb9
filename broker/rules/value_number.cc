#include "rules/value_number.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "rules/number.h"

namespace pavane::rules {

bool ReadNumber(EventValue* value) {
  if (value->number_state == EventValue::Number::kUnread) {
    if (const std::optional<double> plain = PlainNumber(value->text())) {
      value->number = *plain;
      value->number_state = EventValue::Number::kComparable;
      return true;
    }
    double number = 0;
    const auto read = std::from_chars(value->data, value->data + value->size, number);
    if (read.ec == std::errc() && std::isfinite(number)) {
      value->number = number;
      value->number_state = EventValue::Number::kRead;
    } else {
      // Too large or too small for a double: zero in other words is left to be told from nothing.
      const std::optional<double> exact = ComparableNumber(value->text());
      value->number = exact.value_or(0);
      value->number_state =
          exact.has_value() ? EventValue::Number::kComparable : EventValue::Number::kNotComparable;
    }
  }
  return value->number_state != EventValue::Number::kNotComparable;
}

bool IsComparable(EventValue* value) {
  if (value->kind != EventValue::Kind::kNumber) return false;
  switch (value->number_state) {
    case EventValue::Number::kComparable:
      return true;
    case EventValue::Number::kNotComparable:
      return false;
    default:
      break;
  }
  const std::optional<double> exact = ComparableNumber(value->text());
  value->number = exact.value_or(0);
  value->number_state =
      exact.has_value() ? EventValue::Number::kComparable : EventValue::Number::kNotComparable;
  return exact.has_value();
}

}  // namespace pavane::rules
