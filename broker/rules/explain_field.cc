#include "rules/explain_field.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "rules/reference_interpreter.h"

namespace pavane::rules {
namespace {

bool IsAbsence(const ValueTest& test) {
  return test.kind == ValueTest::Kind::kExists && !test.exists;
}

// What judging one value by the test costs: lists are gone through.
uint64_t CostOf(const ValueTest& test) {
  return std::max<uint64_t>({1, test.texts.size(), test.numbers.size()});
}

JudgedField Judge(const PatternField& field, const FlatEvent& event) {
  JudgedField judged;
  judged.tests.resize(field.tests.size());
  judged.search.may_be_absent = std::any_of(field.tests.begin(), field.tests.end(), IsAbsence);
  for (const FlatEvent::Value& value : event.At(field.path)) {
    if (judged.search.may_be_absent) judged.search.all.push_back(value.element);
    bool passes = false;
    for (size_t i = 0; i < field.tests.size(); ++i) {
      if (!Passes(field.tests[i], value)) continue;
      judged.tests[i] = true;
      passes = true;
    }
    if (passes) judged.search.passing.push_back(value.element);
  }
  return judged;
}

}  // namespace

absl::StatusOr<std::vector<JudgedField>> JudgeFields(const Pattern& pattern, const FlatEvent& event,
                                                     uint64_t judgements_max) {
  uint64_t judgements = 0;
  for (const PatternField& field : pattern.fields()) {
    uint64_t cost = 0;
    for (const ValueTest& test : field.tests) cost += CostOf(test);
    judgements += cost * event.At(field.path).size();
    if (judgements > judgements_max) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the event has too many values to explain: more than ", judgements_max,
                       " tests of a value"));
    }
  }
  std::vector<JudgedField> judged;
  for (const PatternField& field : pattern.fields()) judged.push_back(Judge(field, event));
  return judged;
}

}  // namespace pavane::rules
