#include "rules/reference_interpreter.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "rules/case_text.h"
#include "rules/consistency_search.h"
#include "rules/ip_address.h"
#include "rules/number.h"
#include "rules/wildcard.h"

namespace pavane::rules {
namespace {

using Kind = ValueTest::Kind;
using Value = FlatEvent::Value;

bool InRange(const ValueTest& test, double value) {
  if (test.low.present &&
      !(test.low.inclusive ? value >= test.low.value : value > test.low.value)) {
    return false;
  }
  return !test.high.present ||
         (test.high.inclusive ? value <= test.high.value : value < test.high.value);
}

bool PassesString(const ValueTest& test, const std::string& text);

// Whether the text passes the test that `kind` names for any of the test's texts.
bool PassesAny(const ValueTest& test, Kind kind, const std::string& text) {
  return std::any_of(test.texts.begin(), test.texts.end(), [&](const std::string& argument) {
    ValueTest single;
    single.kind = kind;
    single.texts = {argument};
    return PassesString(single, text);
  });
}

bool PassesString(const ValueTest& test, const std::string& text) {
  switch (test.kind) {
    case Kind::kString: {
      if (!test.is_address) return text == test.texts[0];
      const std::optional<IpAddress> address = IpAddress::Parse(text);
      return address.has_value() && *address == test.address;
    }
    case Kind::kExactly:
      return text == test.texts[0];
    case Kind::kPrefix:
      return absl::StartsWith(text, test.texts[0]);
    case Kind::kSuffix:
      return absl::EndsWith(text, test.texts[0]);
    case Kind::kPrefixIgnoreCase:
      return CaseText(test.texts[0]).IsPrefixOf(text);
    case Kind::kSuffixIgnoreCase:
      return CaseText(test.texts[0]).IsSuffixOf(text);
    case Kind::kEqualsIgnoreCase:
      return CaseText(test.texts[0]).Equals(text);
    case Kind::kWildcard:
      return Wildcard::Parse(test.texts[0])->Matches(text);
    case Kind::kCidr: {
      const std::optional<IpAddress> address = IpAddress::Parse(text);
      return address.has_value() && test.block.Contains(*address);
    }
    case Kind::kExists:
      return test.exists;
    case Kind::kAnythingBut:
      return !PassesAny(test, Kind::kExactly, text);
    case Kind::kAnythingButPrefix:
      return !PassesAny(test, Kind::kPrefix, text);
    case Kind::kAnythingButSuffix:
      return !PassesAny(test, Kind::kSuffix, text);
    case Kind::kAnythingButIgnoreCase:
      return !PassesAny(test, Kind::kEqualsIgnoreCase, text);
    case Kind::kAnythingButWildcard:
      return !PassesAny(test, Kind::kWildcard, text);
    case Kind::kAnythingButNumber:
      return true;
    case Kind::kNumber:
    case Kind::kLiteral:
    case Kind::kNumeric:
      return false;
  }
  return false;
}

bool PassesNumber(const ValueTest& test, const std::string& spelling) {
  const std::optional<double> value = ComparableNumber(spelling);
  switch (test.kind) {
    case Kind::kNumber:
      return spelling == test.texts[0] ||
             (value.has_value() && test.comparable && *value == test.low.value);
    case Kind::kNumeric:
      return value.has_value() && InRange(test, *value);
    case Kind::kExists:
      return test.exists;
    case Kind::kAnythingButNumber:
      return !value.has_value() ||
             std::find(test.numbers.begin(), test.numbers.end(), *value) == test.numbers.end();
    default:
      return test.kind >= Kind::kAnythingBut;
  }
}

bool PassesLiteral(const ValueTest& test, const std::string& spelling) {
  if (test.kind == Kind::kLiteral) return spelling == test.texts[0];
  if (test.kind == Kind::kExists) return test.exists;
  return test.kind >= Kind::kAnythingBut;
}

ConsistencySearch::Field Judge(const PatternField& field, const FlatEvent& event) {
  ConsistencySearch::Field judged;
  for (const ValueTest& test : field.tests) {
    if (test.kind == Kind::kExists && !test.exists) judged.may_be_absent = true;
  }
  for (const Value& value : event.At(field.path)) {
    if (judged.may_be_absent) judged.all.push_back(value.element);
    if (std::any_of(field.tests.begin(), field.tests.end(),
                    [&](const ValueTest& test) { return Passes(test, value); })) {
      judged.passing.push_back(value.element);
    }
  }
  return judged;
}

}  // namespace

bool Passes(const ValueTest& test, const FlatEvent::Value& value) {
  switch (value.kind) {
    case Value::Kind::kString:
      return PassesString(test, value.text);
    case Value::Kind::kNumber:
      return PassesNumber(test, value.text);
    case Value::Kind::kLiteral:
      return PassesLiteral(test, value.text);
  }
  return false;
}

absl::Status TooComplex(uint64_t steps_max) {
  return absl::ResourceExhaustedError(absl::StrCat(
      "the event's arrays are too complex for a rule: telling whether it matches would "
      "take more than ",
      steps_max, " steps"));
}

absl::StatusOr<bool> Interpret(const Pattern& pattern, const FlatEvent& event,
                               const MatcherOptions& options) {
  const uint64_t share = options.steps_max / pattern.conjunctions().size();
  std::vector<ConsistencySearch::Field> judged;
  for (const PatternField& field : pattern.fields()) judged.push_back(Judge(field, event));
  bool too_complex = false;
  for (const Conjunction& conjunction : pattern.conjunctions()) {
    std::vector<ConsistencySearch::Field> fields;
    for (uint32_t field : conjunction) fields.push_back(judged[field]);
    ConsistencySearch search(event.elements(), share);
    const ConsistencySearch::Outcome outcome = search.Run(std::move(fields));
    if (outcome == ConsistencySearch::Outcome::kMatch) return true;
    too_complex |= outcome == ConsistencySearch::Outcome::kTooComplex;
  }
  if (too_complex) return TooComplex(options.steps_max);
  return false;
}

absl::StatusOr<bool> Interpret(const Pattern& pattern, const event::EventView& event,
                               const MatcherOptions& options) {
  return Interpret(pattern, FlatEvent(event, pattern), options);
}

}  // namespace pavane::rules
