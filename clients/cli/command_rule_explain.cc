// pavane rule explain
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "clients/cli/command.h"
#include "clients/cli/escape.h"
#include "clients/cli/explanation.h"
#include "clients/cli/json_value.h"
#include "clients/cli/status.h"
#include "clients/cli/text_source.h"
#include "pavane/admin/v1/rule.grpc.pb.h"

namespace pavane::cli {
namespace {

using ::pavane::admin::v1::ExplainMatchRequest;
using ::pavane::admin::v1::ExplainMatchResponse;
using ::pavane::admin::v1::RuleAdmin;

struct ExplainOptions {
  std::string first;   // a rule, or the event when --pattern is given
  std::string second;  // the event
  std::string pattern;
  std::string bus;
  std::optional<uint64_t> sequence;
  std::string id;
  std::string event;
  std::string source;
  bool now = false;
};

absl::Status SetEventText(const Context& context, const std::string& argument,
                          ExplainMatchRequest* request) {
  CLI_ASSIGN_OR_RETURN(const std::string text, ReadText(argument, context.in()));
  const absl::StatusOr<JsonValue> event = ParseJson(text);
  if (!event.ok()) return InContext(event.status(), "the event");
  return SetEvent(*event, request);
}

// "1017" is a sequence, "{...", "@FILE" and "-" are events, all else is an id.
absl::Status SetEventArgument(const Context& context, const std::string& argument,
                              ExplainMatchRequest* request) {
  uint64_t sequence = 0;
  if (absl::SimpleAtoi(argument, &sequence)) {
    if (sequence == 0) return UsageError("sequences begin at 1; an event with the id 0 needs --id");
    request->set_sequence(sequence);
    return absl::OkStatus();
  }
  if (argument == "-" || absl::StartsWith(argument, "@") ||
      absl::StartsWith(absl::StripLeadingAsciiWhitespace(argument), "{")) {
    return SetEventText(context, argument, request);
  }
  request->set_event_id(argument);
  return absl::OkStatus();
}

absl::StatusOr<ExplainMatchRequest> ToRequest(const Context& context,
                                              const ExplainOptions& options) {
  const bool draft = !options.pattern.empty();
  if (draft && !options.second.empty()) {
    return UsageError("give the name of a rule or --pattern, one of them");
  }
  if (!draft && options.first.empty()) return UsageError("give the name of a rule or --pattern");
  const std::string& argument = draft ? options.first : options.second;
  const int events = (options.sequence ? 1 : 0) + (options.id.empty() ? 0 : 1) +
                     (options.event.empty() ? 0 : 1) + (argument.empty() ? 0 : 1);
  if (events != 1) {
    return UsageError("give one event: its sequence, its id, or itself as JSON, @FILE or -");
  }
  if (IsStandardInput(options.pattern) &&
      (IsStandardInput(argument) || IsStandardInput(options.event))) {
    return UsageError("pattern and event cannot both be standard input");
  }
  ExplainMatchRequest request;
  request.set_bus(options.bus);
  request.set_event_source(options.source);
  request.set_as_of_now(options.now);
  if (draft) {
    CLI_ASSIGN_OR_RETURN(*request.mutable_pattern(), ReadPattern(options.pattern, context.in()));
  } else {
    request.set_rule(options.first);
  }
  if (options.sequence) request.set_sequence(*options.sequence);
  if (!options.id.empty()) request.set_event_id(options.id);
  if (!options.event.empty()) CLI_RETURN_IF_ERROR(SetEventText(context, options.event, &request));
  if (!argument.empty()) CLI_RETURN_IF_ERROR(SetEventArgument(context, argument, &request));
  return request;
}

void Print(const Context& context, const ExplainMatchResponse& response) {
  if (response.sequence() > 0) {
    context.out() << "event " << EscapeForTerminal(response.bus()) << "/" << response.sequence()
                  << "\n";
  }
  context.out() << HistoryText(context, response);
  if (response.has_error()) {
    context.out() << "cannot be told: " << EscapeForTerminal(response.error().message()) << "\n";
  } else {
    context.out() << (response.matched() ? "the pattern matches\n"
                                         : "the pattern does not match\n");
  }
  if (response.multiplied_out()) {
    context.out() << "a field replaces another one in some branches only: "
                  << response.root().children_size() << " of " << response.combinations()
                  << " combinations, nearest first\n";
  }
  PrintTree(context, response.root(), "  ");
}

absl::Status Explain(const Context& context, const ExplainOptions& options) {
  CLI_ASSIGN_OR_RETURN(const ExplainMatchRequest request, ToRequest(context, options));
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  auto response = broker.Call(&RuleAdmin::Stub::ExplainMatch, request);
  if (absl::IsNotFound(response.status())) {
    return WithHint(response.status(), "a rule or event on another bus needs --bus");
  }
  CLI_RETURN_IF_ERROR(response.status());
  if (context.json()) {
    context.PrintJson(*response);
  } else {
    Print(context, *response);
  }
  return absl::OkStatus();
}

}  // namespace

void AddRuleExplainCommand(CLI::App* rule, Context* context) {
  CLI::App* explain =
      AddCommand(rule, "explain", "Tell part by part why a pattern matches an event or not");
  auto options = std::make_shared<ExplainOptions>();
  explain->add_option("rule", options->first, "Name of the rule; none with --pattern")
      ->type_name("RULE");
  explain
      ->add_option("event_key", options->second,
                   "The event: its sequence, its id, or itself as JSON, @FILE or -")
      ->type_name("SEQUENCE|ID|EVENT");
  explain->add_option("--pattern,-p", options->pattern, "A draft pattern: JSON, @FILE or -")
      ->type_name("PATTERN");
  AddBus(explain, &options->bus);
  explain->add_option("--sequence", options->sequence, "A stored event by its number")
      ->check(CLI::PositiveNumber)
      ->type_name("SEQUENCE");
  explain->add_option("--id", options->id, "A stored event by its id")->type_name("ID");
  explain->add_option("--source", options->source, "With an id: only an event of this source");
  explain
      ->add_option("--event,-e", options->event,
                   "An event, as rules see it or a CloudEvent: JSON, @FILE or -")
      ->type_name("EVENT");
  explain->add_flag("--now", options->now,
                    "For a stored event, the rule as it is now, not as it was then");
  SetAction(explain, context, options, Explain);
}

}  // namespace pavane::cli
