// pavane rule test
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "clients/cli/command.h"
#include "clients/cli/escape.h"
#include "clients/cli/event_file.h"
#include "clients/cli/explanation.h"
#include "clients/cli/message_json.h"
#include "clients/cli/plural.h"
#include "clients/cli/publish_entry.h"
#include "clients/cli/status.h"
#include "clients/cli/table.h"
#include "clients/cli/text_source.h"
#include "pavane/admin/v1/rule.grpc.pb.h"

namespace pavane::cli {
namespace {

using ::pavane::admin::v1::ExplainMatchRequest;
using ::pavane::admin::v1::ExplainMatchResponse;
using ::pavane::admin::v1::GetRuleRequest;
using ::pavane::admin::v1::RuleAdmin;
using ::pavane::admin::v1::TestPatternRequest;
using ::pavane::admin::v1::TestPatternResponse;
using Result = TestPatternResponse::Result;

// Events of one TestPattern call, below the broker's 1,000.
constexpr size_t kEventsPerCall = 500;

struct TestOptions {
  std::string pattern;
  std::string rule;
  std::string bus;
  std::string event;
  std::string file;
  std::string expect;
  bool check = false;
  bool explain = false;
};

absl::StatusOr<std::string> PatternOf(const Context& context, const Connection& broker,
                                      const TestOptions& options) {
  if (!options.pattern.empty()) return ReadPattern(options.pattern, context.in());
  GetRuleRequest request;
  request.set_bus(options.bus);
  request.set_name(options.rule);
  CLI_ASSIGN_OR_RETURN(const auto response, broker.Call(&RuleAdmin::Stub::GetRule, request));
  return response.rule().pattern();
}

absl::StatusOr<std::vector<JsonValue>> EventsOf(const Context& context,
                                                const TestOptions& options) {
  if (!options.event.empty()) {
    CLI_ASSIGN_OR_RETURN(const std::string text, ReadText(options.event, context.in()));
    absl::StatusOr<JsonValue> event = ParseJson(text);
    if (!event.ok()) return InContext(event.status(), "--event");
    return std::vector<JsonValue>{*std::move(event)};
  }
  CLI_ASSIGN_OR_RETURN(const std::string text, ReadFile(options.file, context.in()));
  auto events = ParseEventFile(text);
  if (!events.ok()) return InContext(events.status(), options.file);
  if (events->empty()) {
    return absl::InvalidArgumentError(absl::StrCat("there is no event in ", options.file));
  }
  return events;
}

// One call. The broker answers for event_json first and for events after that, so the answers are
// put back into the order of the file.
absl::StatusOr<std::vector<Result>> TestSome(const Connection& broker, const std::string& pattern,
                                             absl::Span<const JsonValue> events) {
  TestPatternRequest request;
  request.set_pattern(pattern);
  std::vector<size_t> order;
  for (const bool cloud_events : {false, true}) {
    for (size_t i = 0; i < events.size(); ++i) {
      if (IsCloudEvent(events[i]) != cloud_events) continue;
      order.push_back(i);
      if (cloud_events) {
        // With what `publish` would fill in.
        CLI_ASSIGN_OR_RETURN(auto entry, EntryFromJson(events[i], {}));
        *request.add_events() = std::move(*entry.mutable_event());
      } else {
        request.add_event_json(events[i].ToJson());
      }
    }
  }
  CLI_ASSIGN_OR_RETURN(const auto response, broker.Call(&RuleAdmin::Stub::TestPattern, request));
  if (response.has_pattern_error()) {
    return RefusedBecause(response.pattern_error());
  }
  if (response.results_size() != static_cast<int>(events.size())) {
    return absl::InternalError("the broker answered for another number of events");
  }
  std::vector<Result> results(events.size());
  for (size_t i = 0; i < order.size(); ++i) results[order[i]] = response.results(i);
  return results;
}

std::string TextOf(const JsonValue& event, absl::string_view name, absl::string_view other) {
  const JsonValue* value = event.Find(name);
  if (value == nullptr) value = event.Find(other);
  return value == nullptr ? "" : value->text();
}

struct Tested {
  size_t number = 0;  // from 1
  const JsonValue& event;
  const Result& result;
};

void PrintJson(const Context& context, const Tested& tested,
               const ExplainMatchResponse* explanation) {
  context.out() << "{\"event\":" << tested.number
                << ",\"matched\":" << (tested.result.matched() ? "true" : "false");
  if (tested.result.has_error()) {
    context.out() << ",\"error\":" << JsonQuote(tested.result.error().message());
  }
  if (explanation != nullptr) {
    context.out() << ",\"explanation\":" << MessageToJson(explanation->root());
  }
  context.out() << "}\n";
}

absl::StatusOr<ExplainMatchResponse> Explain(const Connection& broker, const std::string& pattern,
                                             const JsonValue& event) {
  ExplainMatchRequest request;
  request.set_pattern(pattern);
  CLI_RETURN_IF_ERROR(SetEvent(event, &request));
  return broker.Call(&RuleAdmin::Stub::ExplainMatch, request);
}

void AddRow(const Tested& tested, Table* table) {
  table->Add({absl::StrCat(tested.number),
              tested.result.has_error() ? "error"
              : tested.result.matched() ? "yes"
                                        : "no",
              TextOf(tested.event, "detail-type", "type"), TextOf(tested.event, "id", "id"),
              tested.result.error().message()});
}

absl::Status Summary(const TestOptions& options, size_t events, size_t matched, size_t errors) {
  if (errors > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(Plural(errors, "event", "events"), " could not be tested"));
  }
  const std::string expect = options.check ? "all" : options.expect;
  if (expect == "all" && matched < events) {
    return absl::FailedPreconditionError(absl::StrCat(
        events - matched, " of ", Plural(events, "event does", "events do"), " not match"));
  }
  if (expect == "none" && matched > 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(matched, " of ", Plural(events, "event matches", "events match")));
  }
  if (expect == "any" && matched == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("none of ", Plural(events, "event", "events"), " matches"));
  }
  return absl::OkStatus();
}

// Tests all events and prints what became of them: a table, with --explain a paragraph each.
class Run {
 public:
  Run(const Context& context, const Connection& broker, const TestOptions& options,
      std::string pattern)
      : context_(context), broker_(broker), options_(options), pattern_(std::move(pattern)) {}

  absl::Status Test(absl::Span<const JsonValue> events) {
    for (size_t begin = 0; begin < events.size(); begin += kEventsPerCall) {
      const auto some = events.subspan(begin, kEventsPerCall);
      CLI_ASSIGN_OR_RETURN(const std::vector<Result> results, TestSome(broker_, pattern_, some));
      for (size_t i = 0; i < results.size(); ++i) {
        matched_ += results[i].matched() ? 1 : 0;
        errors_ += results[i].has_error() ? 1 : 0;
        CLI_RETURN_IF_ERROR(Show({begin + i + 1, some[i], results[i]}));
      }
    }
    if (!context_.json()) {
      table_.Print(context_.out());
      context_.out() << matched_ << " of " << events.size() << " match\n";
    }
    return Summary(options_, events.size(), matched_, errors_);
  }

 private:
  absl::Status Show(const Tested& tested) {
    const bool explain = options_.explain && !tested.result.matched() && !tested.result.has_error();
    ExplainMatchResponse explanation;
    if (explain) {
      CLI_ASSIGN_OR_RETURN(explanation, Explain(broker_, pattern_, tested.event));
    }
    if (context_.json()) {
      PrintJson(context_, tested, explain ? &explanation : nullptr);
      return absl::OkStatus();
    }
    AddRow(tested, &table_);
    if (!options_.explain) return absl::OkStatus();
    table_.Print(context_.out());
    if (explain) PrintTree(context_, explanation.root(), "     ");
    return absl::OkStatus();
  }

  const Context& context_;
  const Connection& broker_;
  const TestOptions& options_;
  const std::string pattern_;
  Table table_{{">EVENT", "MATCHES", "TYPE", "ID", "ERROR"}};
  size_t matched_ = 0;
  size_t errors_ = 0;
};

absl::Status Test(const Context& context, const TestOptions& options) {
  if (options.pattern.empty() == options.rule.empty()) {
    return UsageError("give --pattern or --rule, one of them");
  }
  if (options.event.empty() == options.file.empty()) {
    return UsageError("give --event or --file, one of them");
  }
  if (IsStandardInput(options.pattern) && (IsStandardInput(options.event) || options.file == "-")) {
    return UsageError("pattern and events cannot both be standard input");
  }
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  CLI_ASSIGN_OR_RETURN(std::string pattern, PatternOf(context, broker, options));
  CLI_ASSIGN_OR_RETURN(const std::vector<JsonValue> events, EventsOf(context, options));
  return Run(context, broker, options, std::move(pattern)).Test(events);
}

}  // namespace

void AddRuleTestCommand(CLI::App* rule, Context* context) {
  CLI::App* test =
      AddCommand(rule, "test", "Test a pattern against events without storing anything");
  auto options = std::make_shared<TestOptions>();
  test->add_option("--pattern,-p", options->pattern, "Event pattern: JSON, @FILE or -")
      ->type_name("PATTERN");
  test->add_option("--rule", options->rule, "The pattern of this rule")->type_name("RULE");
  AddBus(test, &options->bus, "Bus of --rule (default: default)");
  test->add_option("--event,-e", options->event, "One event: JSON, @FILE or -")->type_name("EVENT");
  test->add_option("--file,-f", options->file,
                   "Events: JSON lines or an array, CloudEvents or as rules see them; - is stdin")
      ->type_name("FILE");
  test->add_option("--expect", options->expect,
                   "Fail with exit code 1 unless so many of the events match")
      ->check(CLI::IsMember({"all", "any", "none"}));
  test->add_flag("--check", options->check, "The same as --expect all")->excludes("--expect");
  test->add_flag("--explain", options->explain, "Tell why for each event that does not match");
  SetAction(test, context, options, Test);
}

}  // namespace pavane::cli
