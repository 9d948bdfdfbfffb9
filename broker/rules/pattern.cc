#include "rules/pattern.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "base/status_macros.h"
#include "rules/json_string.h"
#include "rules/json_tree.h"
#include "rules/pattern_text.h"
#include "rules/value_test_parser.h"

namespace pavane::rules {
namespace {

constexpr absl::string_view kOr = "$or";

// Names that could be meant as operators; refused as steps inside `$or`.
bool IsReserved(absl::string_view name) {
  static const auto& kReserved =
      *new absl::flat_hash_set<absl::string_view>{"exactly",
                                                  "equals-ignore-case",
                                                  "prefix",
                                                  "suffix",
                                                  "anything-but",
                                                  "exists",
                                                  "wildcard",
                                                  "numeric",
                                                  "cidr",
                                                  "=",
                                                  "<",
                                                  "<=",
                                                  ">",
                                                  ">=",
                                                  "regex",
                                                  "not-wildcard",
                                                  "not-equals-ignore-case",
                                                  "date-after",
                                                  "date-on-or-after",
                                                  "date-before",
                                                  "date-on-or-before",
                                                  "in-date-range",
                                                  "ip-address-in-range",
                                                  "ip-address-not-in-range"};
  return kReserved.contains(name);
}

bool HasOr(const JsonNode& node) {
  for (const JsonMember& member : node.members) {
    if (member.name == kOr || HasOr(member.value)) return true;
  }
  return std::any_of(node.elements.begin(), node.elements.end(), HasOr);
}

}  // namespace

/// Makes a Pattern from the JSON tree of its text, in one walk: fields and nodes are made where
/// they are met, while `drafts_` holds the conjunctions so far. A field replaces the one of the
/// same path in all of them; `$or` continues each of them once for every branch.
class PatternParser {
 public:
  PatternParser(const PatternText& source, const PatternOptions& options, Dialect dialect)
      : source_(source), options_(options), dialect_(dialect) {}

  absl::StatusOr<std::shared_ptr<const Pattern>> Parse(const JsonNode& root) {
    if (root.kind != JsonNode::Kind::kObject) {
      return source_.Error(root.offset, "Filter is not an object", "a JSON object is allowed here");
    }
    pattern_.text_ = std::string(source_.text());
    drafts_.emplace_back();
    pattern_.root_.offset = root.offset;
    pattern_.root_.length = root.length;
    RETURN_IF_ERROR(ParseObject(root, "", false, &pattern_.root_));
    RETURN_IF_ERROR(Finish(root));
    return std::make_shared<const Pattern>(std::move(pattern_));
  }

 private:
  // The field in force for each path, sorted by the path's number.
  using Draft = std::vector<std::pair<uint32_t, uint32_t>>;

  absl::Status ParseObject(const JsonNode& object, const std::string& prefix, bool inside_or,
                           PatternNode* node) {
    if (object.members.empty()) {
      return source_.Error(object.offset, "Empty objects are not allowed",
                           "at least one field is required here");
    }
    for (const JsonMember& member : object.members) {
      PatternNode child;
      child.name = member.name;
      child.offset = member.value.offset;
      child.length = member.value.length;
      RETURN_IF_ERROR(ParseMember(member, prefix, inside_or, &child));
      node->children.push_back(std::move(child));
    }
    return absl::OkStatus();
  }

  absl::Status ParseMember(const JsonMember& member, const std::string& prefix, bool inside_or,
                           PatternNode* node) {
    if (member.name == kOr && dialect_ == Dialect::kCurrent) {
      return ParseOr(member.value, prefix, node);
    }
    if (inside_or && IsReserved(member.name)) {
      return source_.Error(
          member.name_offset,
          absl::StrCat(member.name,
                       " is Ruler reserved fieldName which cannot be used inside $or."),
          "a field that is not called like an operator is allowed here");
    }
    // The root has no path; below it each name adds a step, also an empty name.
    const std::string path = depth_ == 0 ? member.name : absl::StrCat(prefix, ".", member.name);
    switch (member.value.kind) {
      case JsonNode::Kind::kObject: {
        ++depth_;
        absl::Status status = ParseObject(member.value, path, inside_or, node);
        --depth_;
        return status;
      }
      case JsonNode::Kind::kArray:
        return ParseField(member.value, path, node);
      default:
        return source_.Error(member.value.offset,
                             absl::StrCat("\"", member.name, "\" must be an object or an array"),
                             "an array of tests, or an object of fields, is allowed here");
    }
  }

  absl::Status ParseField(const JsonNode& tests, const std::string& path, PatternNode* node) {
    if (tests.elements.empty()) {
      return source_.Error(tests.offset, "Empty arrays are not allowed",
                           "at least one test is required here");
    }
    PatternField field;
    field.path = path;
    field.offset = tests.offset;
    field.length = tests.length;
    for (const JsonNode& element : tests.elements) {
      ASSIGN_OR_RETURN(ValueTest test, ParseValueTest(source_, element, dialect_));
      field.tests.push_back(std::move(test));
    }
    node->kind = PatternNode::Kind::kField;
    node->field = static_cast<uint32_t>(pattern_.fields_.size());
    const uint32_t path_number =
        path_numbers_.try_emplace(path, static_cast<uint32_t>(path_numbers_.size())).first->second;
    for (Draft& draft : drafts_) SetField(path_number, node->field, &draft);
    pattern_.fields_.push_back(std::move(field));
    for (const Draft& draft : drafts_) {
      if (draft.size() > options_.fields_max) {
        return source_.Error(
            tests.offset,
            absl::StrCat("More than ", options_.fields_max, " fields that must match together"),
            "put some of them into a rule of their own");
      }
    }
    return absl::OkStatus();
  }

  static void SetField(uint32_t path_number, uint32_t field, Draft* draft) {
    auto it = std::lower_bound(draft->begin(), draft->end(), std::make_pair(path_number, 0u));
    if (it != draft->end() && it->first == path_number) {
      it->second = field;
    } else {
      draft->insert(it, {path_number, field});
    }
  }

  absl::Status ParseOr(const JsonNode& branches, const std::string& prefix, PatternNode* node) {
    if (branches.kind != JsonNode::Kind::kArray) {
      return source_.Error(branches.offset, "It must be an Array followed with $or.",
                           "an array of at least two objects is allowed here");
    }
    node->kind = PatternNode::Kind::kOr;
    const std::vector<Draft> before = std::move(drafts_);
    std::vector<Draft> after;
    for (const JsonNode& branch : branches.elements) {
      if (branch.kind != JsonNode::Kind::kObject) {
        return source_.Error(branch.offset,
                             "Only JSON object is allowed in array of $or relationship.",
                             "an object of fields is allowed here");
      }
      drafts_ = before;
      PatternNode child;
      child.offset = branch.offset;
      child.length = branch.length;
      RETURN_IF_ERROR(ParseObject(branch, prefix, true, &child));
      node->children.push_back(std::move(child));
      if (after.size() + drafts_.size() > options_.combinations_max) {
        return source_.Error(branches.offset,
                             absl::StrCat("$or multiplies out to more than ",
                                          options_.combinations_max, " combinations"),
                             "put some of the branches into a rule of their own");
      }
      std::move(drafts_.begin(), drafts_.end(), std::back_inserter(after));
    }
    if (branches.elements.size() < 2) {
      return source_.Error(branches.offset,
                           "There must have at least 2 Objects in $or relationship.",
                           "an array of at least two objects is allowed here");
    }
    drafts_ = std::move(after);
    return absl::OkStatus();
  }

  /// A range that is open at one end ends there at the largest number. It is refused when it has
  /// nothing between its ends, but only in a field that is in force.
  absl::Status CheckRanges(const PatternField& field) const {
    constexpr double kLargest = std::numeric_limits<double>::max();
    for (const ValueTest& test : field.tests) {
      if (test.kind != ValueTest::Kind::kNumeric || (test.low.present && test.high.present))
        continue;
      if (test.low.present ? test.low.value == kLargest : test.high.value == -kLargest) {
        return source_.Error(test.offset, "Bottom must be less than top",
                             "there is no number beyond this bound");
      }
    }
    return absl::OkStatus();
  }

  absl::Status Finish(const JsonNode& root) {
    const std::vector<PatternField>& fields = pattern_.fields_;
    absl::flat_hash_set<Conjunction> seen;
    for (const Draft& draft : drafts_) {
      Conjunction conjunction;
      for (const auto& [path_number, field] : draft) {
        RETURN_IF_ERROR(CheckRanges(fields[field]));
        conjunction.push_back(field);
      }
      std::sort(conjunction.begin(), conjunction.end(),
                [&](uint32_t a, uint32_t b) { return Utf16Less(fields[a].path, fields[b].path); });
      if (conjunction.empty()) {
        return source_.Error(root.offset, "Empty objects are not allowed",
                             "at least one field is required here");
      }
      if (seen.insert(conjunction).second) pattern_.conjunctions_.push_back(std::move(conjunction));
    }
    return absl::OkStatus();
  }

  const PatternText& source_;
  const PatternOptions& options_;
  const Dialect dialect_;
  Pattern pattern_;
  std::vector<Draft> drafts_;
  absl::flat_hash_map<std::string, uint32_t> path_numbers_;
  size_t depth_ = 0;  // names on the path to the object being read, `$or` not counted
};

absl::StatusOr<std::shared_ptr<const Pattern>> Pattern::Parse(absl::string_view text,
                                                              const PatternOptions& options) {
  const PatternText source(text);
  if (LongerThan(text, options.length_max)) {
    return source.Error(
        Beyond(text, options.length_max),
        absl::StrCat("The pattern is longer than ", options.length_max, " characters"),
        "limits.pattern_length_max sets the limit");
  }
  if (text.find_first_not_of(" \t\r\n") == absl::string_view::npos) {
    return source.Error(text.size(), "Filter is not an object", "a JSON object is allowed here");
  }
  ASSIGN_OR_RETURN(const JsonNode root, ReadJsonTree(source, options.depth_max));
  absl::StatusOr<std::shared_ptr<const Pattern>> pattern =
      PatternParser(source, options, Dialect::kCurrent).Parse(root);
  if (pattern.ok() || !HasOr(root)) return pattern;
  // A `$or` that does not read as one may still be meant as an ordinary name. When it does not read
  // so either, the first error is the one that helps.
  absl::StatusOr<std::shared_ptr<const Pattern>> legacy =
      PatternParser(source, options, Dialect::kLegacy).Parse(root);
  return legacy.ok() ? legacy : pattern;
}

}  // namespace pavane::rules
