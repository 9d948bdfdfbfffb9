#include "clients/cli/explanation.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "clients/cli/escape.h"
#include "clients/cli/event_file.h"
#include "clients/cli/publish_entry.h"
#include "clients/cli/status.h"

namespace pavane::cli {
namespace {

using ::pavane::admin::v1::ExplainMatchResponse;
using ::pavane::admin::v1::ExplainNode;
using ::pavane::admin::v1::RuleAsOf;

std::string Verdict(const ExplainNode& node) {
  return node.replaced() ? "--   " : node.passed() ? "ok   " : "FAIL ";
}

std::string What(const ExplainNode& node) {
  switch (node.kind()) {
    case ExplainNode::ALL:
      return absl::StrCat("all of", node.path().empty() ? "" : " ", node.path());
    case ExplainNode::ANY:
      return absl::StrCat("one of", node.path().empty() ? "" : " ", node.path());
    case ExplainNode::TEST:
      return node.test();
    case ExplainNode::SAME_ELEMENT:
      return absl::StrCat("the same element", node.path().empty() ? "" : " of ", node.path());
    default:
      // A field with one test is one line.
      return node.children_size() == 1 ? absl::StrCat(node.path(), " ", node.children(0).test())
                                       : node.path();
  }
}

std::string Seen(const ExplainNode& node) {
  if (node.kind() != ExplainNode::FIELD) return "";
  if (node.values_total() == 0) return "  saw nothing";
  const uint64_t more = node.values_total() - node.values_size();
  std::string seen = absl::StrCat("  saw ", absl::StrJoin(node.values(), ", "));
  if (more > 0) absl::StrAppend(&seen, node.values().empty() ? "" : ", ", more, " more");
  return seen;
}

void PrintNode(const Context& context, const ExplainNode& node, const std::string& indent) {
  std::string line = absl::StrCat(Verdict(node), What(node), Seen(node));
  if (node.replaced()) absl::StrAppend(&line, "  (replaced by a later one)");
  // A field's tests say it themselves.
  const bool tests_below = node.kind() == ExplainNode::FIELD && node.children_size() > 1;
  if (!node.nearest_miss().empty() && !tests_below) {
    absl::StrAppend(&line, "  <- ", node.nearest_miss());
  }
  if (node.parts_omitted()) line += "  (nested too deeply to show)";
  context.out() << indent << EscapeForTerminal(line) << "\n";
  if (node.kind() == ExplainNode::FIELD && !tests_below) return;
  for (const ExplainNode& child : node.children()) PrintNode(context, child, indent + "  ");
}

std::string Why(const pavane::v1::Error& error) {
  return error.reason() == pavane::v1::EVENT_TOO_COMPLEX ? "too complex"
                                                         : EscapeForTerminal(error.message());
}

std::string RuleText(const Context& context, const RuleAsOf& rule, bool now) {
  switch (rule.state()) {
    case RuleAsOf::ABSENT:
      return now ? "there is no such rule" : "there was no such rule";
    case RuleAsOf::UNKNOWN:
      return "not known: an older broker, which kept no history, changed the rule since";
    case RuleAsOf::DISABLED:
      return absl::StrCat("version ", rule.version(), ", disabled since ",
                          context.Time(rule.since()));
    default:
      break;
  }
  const bool matched = rule.matched();
  return absl::StrCat("version ", rule.version(), ", in force since ", context.Time(rule.since()),
                      rule.has_error() ? absl::StrCat(": cannot be told: ", Why(rule.error()))
                      : now            ? (matched ? ": matches" : ": does not match")
                                       : (matched ? ": matched" : ": did not match"));
}

}  // namespace

void PrintTree(const Context& context, const ExplainNode& root, const std::string& indent) {
  // The whole pattern is no part.
  if (root.kind() != ExplainNode::ALL) return PrintNode(context, root, indent);
  for (const ExplainNode& child : root.children()) PrintNode(context, child, indent);
}

std::string HistoryText(const Context& context, const ExplainMatchResponse& response) {
  if (!response.has_now()) return "";
  std::string text;
  if (response.has_then()) {
    text = absl::StrCat("when accepted  ", RuleText(context, response.then(), false),
                        response.explains_then() ? "  (explained below)" : "", "\n");
  }
  absl::StrAppend(&text, "now            ", RuleText(context, response.now(), true),
                  response.explains_then() ? "" : "  (explained below)", "\n");
  const bool known = response.has_then() && response.then().state() != RuleAsOf::UNKNOWN &&
                     !response.then().has_error() && !response.now().has_error();
  if (known && response.then().matched() != response.now().matched()) {
    text += "The rule of today would answer otherwise.\n";
  }
  return text;
}

absl::Status SetEvent(const JsonValue& event, pavane::admin::v1::ExplainMatchRequest* request) {
  if (!IsCloudEvent(event)) {
    request->set_event_json(event.ToJson());
    return absl::OkStatus();
  }
  CLI_ASSIGN_OR_RETURN(auto entry, EntryFromJson(event, {}));
  *request->mutable_cloud_event() = std::move(*entry.mutable_event());
  return absl::OkStatus();
}

}  // namespace pavane::cli
