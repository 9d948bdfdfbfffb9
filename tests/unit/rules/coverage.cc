#include "tests/unit/rules/coverage.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "rules/number.h"
#include "rules/reference_interpreter.h"
#include "rules/value_test.h"

namespace pavane::rules::testing {
namespace {

// In the order of ValueTest::Kind.
constexpr const char* kKinds[] = {"string",
                                  "number",
                                  "literal",
                                  "exactly",
                                  "prefix",
                                  "suffix",
                                  "prefix ignoring case",
                                  "suffix ignoring case",
                                  "equals-ignore-case",
                                  "wildcard",
                                  "numeric",
                                  "cidr",
                                  "exists",
                                  "anything-but",
                                  "anything-but numbers",
                                  "anything-but prefix",
                                  "anything-but suffix",
                                  "anything-but equals-ignore-case",
                                  "anything-but wildcard"};

constexpr const char* kFeatures[] = {"$or",
                                     "replaced field",
                                     "absence",
                                     "address as a string",
                                     "incomparable number in a pattern",
                                     "value in an array",
                                     "array in an array",
                                     "value twice at a path",
                                     "incomparable number",
                                     "text beyond ASCII",
                                     "repeated or dotted name",
                                     "rule added",
                                     "rule replaced",
                                     "rule removed",
                                     "base rebuilt"};

const char* NameOf(ValueTest::Kind kind) { return kKinds[static_cast<size_t>(kind)]; }

bool BeyondAscii(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; });
}

bool HasOr(const PatternNode& node) {
  return node.kind == PatternNode::Kind::kOr ||
         std::any_of(node.children.begin(), node.children.end(), HasOr);
}

}  // namespace

void Coverage::SeePattern(const Pattern& pattern) {
  if (HasOr(pattern.root())) See("$or");
  size_t used = 0;
  std::vector<bool> in_force(pattern.fields().size());
  for (const Conjunction& conjunction : pattern.conjunctions()) {
    for (uint32_t field : conjunction) in_force[field] = true;
  }
  used = std::count(in_force.begin(), in_force.end(), true);
  if (used < in_force.size()) See("replaced field");
  for (const PatternField& field : pattern.fields()) {
    for (const ValueTest& test : field.tests) {
      if (test.kind == ValueTest::Kind::kExists && !test.exists) See("absence");
      if (test.is_address) See("address as a string");
      if (test.kind == ValueTest::Kind::kNumber && !test.comparable) {
        See("incomparable number in a pattern");
      }
    }
  }
}

void Coverage::SeeEvent(const Pattern& pattern, const FlatEvent& event) {
  for (const ArrayElement& element : event.elements()) {
    if (element.parent != 0) See("array in an array");
  }
  for (const PatternField& field : pattern.fields()) {
    const std::vector<FlatEvent::Value>& values = event.At(field.path);
    if (values.size() > 1) See("value twice at a path");
    for (const FlatEvent::Value& value : values) {
      if (value.element != 0) See("value in an array");
      if (BeyondAscii(value.text)) See("text beyond ASCII");
      if (value.kind == FlatEvent::Value::Kind::kNumber && !ComparableNumber(value.text)) {
        See("incomparable number");
      }
      for (const ValueTest& test : field.tests) {
        See(absl::StrCat(NameOf(test.kind), Passes(test, value) ? " passes" : " fails"));
      }
    }
  }
}

std::string Coverage::Missing() const {
  std::vector<std::string> missing;
  const auto want = [&](const std::string& feature) {
    if (!counts_.contains(feature)) missing.push_back(feature);
  };
  for (const char* kind : kKinds) {
    want(absl::StrCat(kind, " passes"));
    want(absl::StrCat(kind, " fails"));
  }
  for (const char* feature : kFeatures) want(feature);
  return absl::StrJoin(missing, ", ");
}

}  // namespace pavane::rules::testing
