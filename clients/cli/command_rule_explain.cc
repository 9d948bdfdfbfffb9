// pavane rule explain
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "clients/cli/command.h"
#include "clients/cli/escape.h"
#include "clients/cli/status.h"
#include "clients/cli/text_source.h"
#include "pavane/admin/v1/rule.grpc.pb.h"

namespace pavane::cli {
namespace {

using ::pavane::admin::v1::ExplainMatchRequest;
using ::pavane::admin::v1::ExplainNode;
using ::pavane::admin::v1::RuleAdmin;

// Deeper than any pattern the broker takes.
constexpr int kDepthMax = 100;

struct ExplainOptions {
  std::string rule;
  std::string pattern;
  std::string bus;
  std::optional<uint64_t> sequence;
  std::string id;
  std::string event;
};

void PrintNode(const Context& context, const ExplainNode& node, int depth) {
  std::string line = absl::StrCat(std::string(2 * depth, ' '), node.passed() ? "ok   " : "FAIL ",
                                  node.path(), node.test().empty() ? "" : " ", node.test());
  if (node.values_size() > 0) {
    absl::StrAppend(&line, "  saw ", absl::StrJoin(node.values(), ", "));
  }
  if (!node.nearest_miss().empty()) absl::StrAppend(&line, "  (", node.nearest_miss(), ")");
  context.out() << EscapeForTerminal(line) << "\n";
  if (depth == kDepthMax) return;
  for (const ExplainNode& child : node.children()) PrintNode(context, child, depth + 1);
}

absl::StatusOr<ExplainMatchRequest> ToRequest(const Context& context,
                                              const ExplainOptions& options) {
  if (options.rule.empty() == options.pattern.empty()) {
    return UsageError("give the name of a rule or --pattern, one of them");
  }
  const int events =
      (options.sequence ? 1 : 0) + (options.id.empty() ? 0 : 1) + (options.event.empty() ? 0 : 1);
  if (events != 1) return UsageError("give --sequence, --id or --event, one of them");
  ExplainMatchRequest request;
  request.set_bus(options.bus);
  request.set_rule(options.rule);
  CLI_ASSIGN_OR_RETURN(*request.mutable_pattern(), ReadText(options.pattern, context.in()));
  if (options.sequence) request.set_sequence(*options.sequence);
  if (!options.id.empty()) request.set_event_id(options.id);
  if (!options.event.empty()) {
    CLI_ASSIGN_OR_RETURN(*request.mutable_event_json(), ReadText(options.event, context.in()));
  }
  return request;
}

absl::Status Explain(const Context& context, const ExplainOptions& options) {
  CLI_ASSIGN_OR_RETURN(const ExplainMatchRequest request, ToRequest(context, options));
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  auto response = broker.Call(&RuleAdmin::Stub::ExplainMatch, request);
  if (absl::IsUnimplemented(response.status())) {
    return WithHint(response.status(), "`pavane rule test` tells whether a pattern matches");
  }
  CLI_RETURN_IF_ERROR(response.status());
  if (context.json()) {
    context.PrintJson(*response);
    return absl::OkStatus();
  }
  context.out() << (response->matched() ? "matches\n" : "does not match\n");
  PrintNode(context, response->root(), 0);
  return absl::OkStatus();
}

}  // namespace

void AddRuleExplainCommand(CLI::App* rule, Context* context) {
  CLI::App* explain =
      AddCommand(rule, "explain", "Tell part by part why a pattern matches an event or not");
  auto options = std::make_shared<ExplainOptions>();
  explain->add_option("rule", options->rule, "Name of the rule")->type_name("RULE");
  explain->add_option("--pattern,-p", options->pattern, "Or a draft pattern: JSON, @FILE or -")
      ->type_name("PATTERN");
  AddBus(explain, &options->bus);
  explain->add_option("--sequence", options->sequence, "A stored event by its number")
      ->type_name("SEQUENCE");
  explain->add_option("--id", options->id, "A stored event by its id")->type_name("ID");
  explain->add_option("--event,-e", options->event, "An event as rules see it: JSON, @FILE or -")
      ->type_name("EVENT");
  SetAction(explain, context, options, Explain);
}

}  // namespace pavane::cli
