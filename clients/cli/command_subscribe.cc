// pavane subscribe
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "clients/cli/command.h"
#include "clients/cli/health.h"
#include "clients/cli/json_value.h"
#include "clients/cli/status.h"
#include "clients/cli/subscription.h"
#include "clients/cli/text_source.h"

namespace pavane::cli {
namespace {

// Every event has a source.
constexpr char kEverything[] = R"({"source":[{"prefix":""}]})";

struct SubscribeOptions {
  std::string pattern;
  std::string pattern_option;  // the same, as other commands take it
  std::vector<std::string> types;
  std::vector<std::string> sources;
  std::string bus;
  std::string service;
  std::optional<uint64_t> count;
  std::optional<absl::Duration> limit;
  bool no_ack = false;
};

// A name that no service has, so that the session gets copies and takes nothing from anybody.
std::string OwnServiceName() {
  std::random_device random;
  return absl::StrFormat("pavane-cli-%08x", random());
}

JsonValue AnyOf(const std::vector<std::string>& values) {
  JsonValue array = JsonValue::Array();
  for (const std::string& value : values) array.Append(JsonValue::String(value));
  return array;
}

// Empty when the session has no rule of its own.
absl::StatusOr<std::string> PatternOf(const Context& context, const SubscribeOptions& options) {
  const bool by_flags = !options.types.empty() || !options.sources.empty();
  if (!options.pattern.empty() && !options.pattern_option.empty()) {
    return UsageError("give one pattern, as PATTERN or with --pattern");
  }
  const std::string& given = options.pattern.empty() ? options.pattern_option : options.pattern;
  if (!given.empty()) {
    if (by_flags) return UsageError("a pattern excludes --type and --source");
    return ReadPattern(given, context.in());
  }
  if (!by_flags) return std::string(options.service.empty() ? kEverything : "");
  JsonValue pattern = JsonValue::Object();
  if (!options.types.empty()) pattern.Append("detail-type", AnyOf(options.types));
  if (!options.sources.empty()) pattern.Append("source", AnyOf(options.sources));
  return pattern.ToJson();
}

absl::Status Subscribe(const Context& context, const SubscribeOptions& options) {
  SubscriptionOptions subscription;
  CLI_ASSIGN_OR_RETURN(subscription.pattern, PatternOf(context, options));
  subscription.service = options.service.empty() ? OwnServiceName() : options.service;
  subscription.bus = options.bus;
  subscription.count = options.count.value_or(0);
  subscription.limit = options.limit;
  subscription.release = options.no_ack;
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  // A stream has no time limit, so whether anybody answers is asked first.
  CLI_RETURN_IF_ERROR(CheckReachable(broker));
  return Subscription(context, broker, std::move(subscription)).Run();
}

}  // namespace

void AddSubscribeCommand(CLI::App* app, Context* context) {
  CLI::App* subscribe = AddCommand(
      app, "subscribe", "Print events that match a pattern and acknowledge them, until ^C");
  auto options = std::make_shared<SubscribeOptions>();
  subscribe
      ->add_option("pattern", options->pattern,
                   "Event pattern: JSON, @FILE or - (default: every event)")
      ->type_name("PATTERN");
  subscribe
      ->add_option("--pattern", options->pattern_option, "The same as PATTERN: JSON, @FILE or -")
      ->type_name("PATTERN");
  AddRepeated(subscribe, "--type,-t", &options->types, "Or events of this type; repeatable")
      ->type_name("TYPE");
  AddRepeated(subscribe, "--source,-s", &options->sources, "Or events of this source; repeatable")
      ->type_name("SOURCE");
  AddBus(subscribe, &options->bus);
  subscribe
      ->add_option("--service", options->service,
                   "Join this service as one more instance: its deliveries are shared out, and "
                   "those that come here are taken from the others")
      ->type_name("SERVICE");
  AddNumber(subscribe, "--count,-n", &options->count,
            "End after N events; ending sooner is a failure", 1);
  AddDuration(subscribe, "--for", &options->limit, "End after this time");
  subscribe->add_flag("--no-ack", options->no_ack,
                      "Give every delivery back after it is printed; each is printed once");
  subscribe->footer(
      "The rule made of the pattern belongs to this session alone and vanishes after it.\n"
      "Examples:\n"
      "  pavane subscribe --type SeatAssigned\n"
      "  pavane subscribe '{\"detail\":{\"amount\":[{\"numeric\":[\">\",500]}]}}' -n 10 -o json");
  SetAction(subscribe, context, options, Subscribe);
}

}  // namespace pavane::cli
