#include "tests/unit/rules/explain_tree.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "rules/flat_event.h"
#include "rules/reference_interpreter.h"

namespace pavane::rules::testing {
namespace {

using Kind = ExplainedNode::Kind;
using Verdict = Explanation::Verdict;

bool FollowsFromChildren(const ExplainedNode& node) {
  const auto passed = [](const ExplainedNode& child) { return child.passed; };
  const auto passed_or_replaced = [](const ExplainedNode& child) {
    return child.passed || child.replaced;
  };
  switch (node.kind) {
    case Kind::kAll:
      return node.passed ==
             std::all_of(node.children.begin(), node.children.end(), passed_or_replaced);
    case Kind::kAny:
      return node.passed == std::any_of(node.children.begin(), node.children.end(), passed);
    case Kind::kField:
      return node.replaced ||
             node.passed == std::any_of(node.children.begin(), node.children.end(), passed);
    case Kind::kTest:
      return node.children.empty();
    case Kind::kSameElements:
      return node.children.empty() && !node.passed;
  }
  return false;
}

bool HasWordsIfItMust(const ExplainedNode& node) {
  const bool must =
      !node.passed && !node.replaced && node.kind != Kind::kAll && node.kind != Kind::kAny;
  return !must || (node.miss.kind != Miss::kNone && !node.miss.words.empty());
}

// Fields of a pattern that does not match: as if each were all of the pattern.
std::string FieldFault(const ExplainedNode& node, const event::EventView& event) {
  if (node.kind == Kind::kField && !node.replaced) {
    std::string tests;
    for (const ExplainedNode& test : node.children) {
      absl::StrAppend(&tests, tests.empty() ? "" : ",", test.test);
    }
    const auto alone = Pattern::Parse(absl::StrCat("{\"", node.path, "\":[", tests, "]}"));
    if (!alone.ok()) return absl::StrCat("field ", node.path, ": ", alone.status().ToString());
    const auto matches = Interpret(**alone, event);
    if (!matches.ok() || *matches != node.passed) {
      return absl::StrCat("field ", node.path, " by itself: ", matches.ok() && *matches);
    }
  }
  for (const ExplainedNode& child : node.children) {
    std::string fault = FieldFault(child, event);
    if (!fault.empty()) return fault;
  }
  return "";
}

}  // namespace

std::string TreeFault(const ExplainedNode& root) {
  if (!FollowsFromChildren(root)) {
    return absl::StrCat("node ", root.path, root.test, " does not follow from its parts");
  }
  if (!HasWordsIfItMust(root)) {
    return absl::StrCat("node ", root.path, root.test, " fails without words");
  }
  for (const ExplainedNode& child : root.children) {
    std::string fault = TreeFault(child);
    if (!fault.empty()) return fault;
  }
  return "";
}

std::string ExplanationFault(const Pattern& pattern, const event::EventView& event,
                             const MatcherOptions& options) {
  ExplainOptions explain_options;
  explain_options.matcher = options;
  const auto explanation = Explain(pattern, event, explain_options);
  if (!explanation.ok()) return explanation.status().ToString();
  const auto matches = Interpret(pattern, event, options);
  const Verdict wanted = !matches.ok() ? Verdict::kTooComplex
                         : *matches    ? Verdict::kMatches
                                       : Verdict::kDoesNotMatch;
  if (explanation->verdict != wanted) {
    return absl::StrCat("verdict ", static_cast<int>(explanation->verdict), " instead of ",
                        static_cast<int>(wanted));
  }
  if (explanation->root.passed != (wanted == Verdict::kMatches)) return "the root contradicts it";
  std::string fault = TreeFault(explanation->root);
  // Names with characters that JSON escapes are not put together again here.
  const bool plain = pattern.text().find('\\') == std::string::npos;
  if (fault.empty() && wanted == Verdict::kDoesNotMatch && plain) {
    fault = FieldFault(explanation->root, event);
  }
  return fault;
}

}  // namespace pavane::rules::testing
