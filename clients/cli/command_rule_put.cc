// pavane rule put
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "clients/cli/command.h"
#include "clients/cli/duration.h"
#include "clients/cli/escape.h"
#include "clients/cli/plural.h"
#include "clients/cli/rule_file.h"
#include "clients/cli/start_position.h"
#include "clients/cli/status.h"
#include "clients/cli/text_source.h"
#include "pavane/admin/v1/rule.grpc.pb.h"

namespace pavane::cli {
namespace {

using ::pavane::admin::v1::PutRuleRequest;
using ::pavane::admin::v1::PutRulesRequest;
using ::pavane::admin::v1::Rule;
using ::pavane::admin::v1::RuleAdmin;
using ::pavane::admin::v1::Target;

// Most rules of one PutRules, which is all or none.
constexpr size_t kRulesPerCallMax = 1000;
// As EventBridge has it; the broker takes no more either.
constexpr uint64_t kRetriesMax = 185;
// As the broker takes it.
constexpr uint64_t kBatchSizeMax = 1000;

struct PutOptions {
  std::string name;
  std::string file;
  std::string bus;
  std::string pattern;
  std::string description;
  bool disabled = false;
  std::vector<std::string> targets;
  std::string start;
  // For every target given by flags.
  std::optional<uint64_t> retries_max;
  std::optional<absl::Duration> age_max;
  std::optional<absl::Duration> backoff_initial;
  std::optional<double> backoff_factor;
  std::optional<absl::Duration> backoff_max;
  std::vector<std::string> non_retryable_codes;
  std::optional<absl::Duration> lease;
  std::optional<uint64_t> in_flight_max;
  bool no_dead_letters = false;
  std::string ordering;
  std::string ordering_key;
  std::string on_dead_letter;
  std::optional<uint64_t> batch_size;
  std::optional<absl::Duration> batch_wait;
  bool discard = false;
  bool release_pin = false;
};

void SetOrdering(const PutOptions& options, Target* target) {
  using ::pavane::v1::Ordering;
  if (options.ordering == "key" || !options.ordering_key.empty()) {
    target->mutable_ordering()->set_mode(Ordering::KEY);
    target->mutable_ordering()->set_key_path(options.ordering_key);
  }
  if (!options.on_dead_letter.empty()) {
    target->mutable_ordering()->set_on_dead_letter(
        options.on_dead_letter == "block" ? Ordering::BLOCK : Ordering::CONTINUE);
  }
}

void SetPolicies(const PutOptions& options, Target* target) {
  auto* retry = target->mutable_retry_policy();
  if (options.retries_max) retry->set_retries_max(static_cast<uint32_t>(*options.retries_max));
  if (options.age_max) *retry->mutable_age_max() = ToProto(*options.age_max);
  if (options.backoff_initial) {
    *retry->mutable_backoff_initial() = ToProto(*options.backoff_initial);
  }
  if (options.backoff_factor) retry->set_backoff_factor(*options.backoff_factor);
  if (options.backoff_max) *retry->mutable_backoff_max() = ToProto(*options.backoff_max);
  for (const std::string& code : options.non_retryable_codes) retry->add_non_retryable_codes(code);
  if (options.lease) *target->mutable_lease_policy()->mutable_lease() = ToProto(*options.lease);
  if (options.in_flight_max) {
    target->mutable_lease_policy()->set_in_flight_max(
        static_cast<uint32_t>(*options.in_flight_max));
  }
  if (options.no_dead_letters) target->mutable_dead_letter_policy()->set_disabled(true);
  SetOrdering(options, target);
  if (options.batch_size) {
    target->mutable_batch_policy()->set_size_max(static_cast<uint32_t>(*options.batch_size));
  }
  if (options.batch_wait) {
    *target->mutable_batch_policy()->mutable_wait_max() = ToProto(*options.batch_wait);
  }
}

absl::StatusOr<Rule> FromFlags(const Context& context, const PutOptions& options) {
  if (options.name.empty() || options.pattern.empty()) {
    return UsageError("give the rule's name with --pattern and --target, or --file");
  }
  Rule rule;
  rule.set_name(options.name);
  rule.set_bus(options.bus);
  rule.set_description(options.description);
  rule.set_state(options.disabled ? Rule::DISABLED : Rule::ENABLED);
  CLI_ASSIGN_OR_RETURN(*rule.mutable_pattern(), ReadPattern(options.pattern, context.in()));
  for (const std::string& text : options.targets) {
    CLI_ASSIGN_OR_RETURN(*rule.add_targets(), ParseTarget(text));
    Target* target = rule.mutable_targets(rule.targets_size() - 1);
    SetPolicies(options, target);
    if (options.start.empty()) continue;
    CLI_ASSIGN_OR_RETURN(*target->mutable_start_position(),
                         ParseStartPosition(options.start, absl::Now()));
  }
  return rule;
}

absl::Status PutOne(const Context& context, const PutOptions& options, const Rule& rule) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  PutRuleRequest request;
  *request.mutable_rule() = rule;
  request.set_discard(options.discard);
  request.set_release_pin(options.release_pin);
  auto response = broker.Call(&RuleAdmin::Stub::PutRule, request);
  if (ReasonOf(response.status()) == pavane::v1::HAS_UNSETTLED) {
    return WithHint(response.status(),
                    "--discard gives unsettled deliveries of left-out targets up");
  }
  CLI_RETURN_IF_ERROR(response.status());
  if (context.json()) {
    context.PrintJson(response->rule());
    return absl::OkStatus();
  }
  context.out() << (response->created() ? "made rule " : "updated rule ")
                << EscapeForTerminal(response->rule().name()) << " on "
                << EscapeForTerminal(response->rule().bus()) << " with "
                << Plural(response->rule().targets_size(), "target", "targets")
                << Discarded(response->discarded_deliveries()) << "\n";
  return absl::OkStatus();
}

absl::Status PutMany(const Context& context, const PutOptions& options,
                     const std::vector<Rule>& rules) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  uint64_t created = 0;
  uint64_t updated = 0;
  for (size_t begin = 0; begin < rules.size(); begin += kRulesPerCallMax) {
    const size_t end = std::min(begin + kRulesPerCallMax, rules.size());
    PutRulesRequest request;
    request.set_discard(options.discard);
    for (size_t i = begin; i < end; ++i) *request.add_rules() = rules[i];
    auto response = broker.Call(&RuleAdmin::Stub::PutRules, request);
    if (!response.ok() && begin > 0) {
      return InContext(response.status(), absl::StrCat("after ", begin, " rules were put"));
    }
    CLI_RETURN_IF_ERROR(response.status());
    created += response->created();
    updated += response->updated();
  }
  if (context.json()) {
    context.out() << "{\"created\":" << created << ",\"updated\":" << updated << "}\n";
  } else {
    context.out() << "made " << Plural(created, "rule", "rules") << ", updated " << updated << "\n";
  }
  return absl::OkStatus();
}

absl::Status PutFile(const Context& context, const PutOptions& options) {
  CLI_ASSIGN_OR_RETURN(const std::string text, ReadFile(options.file, context.in()));
  absl::StatusOr<std::vector<Rule>> rules = ParseRules(text);
  if (!rules.ok()) return InContext(rules.status(), options.file);
  for (Rule& rule : *rules) {
    if (rule.bus().empty()) rule.set_bus(options.bus);
  }
  if (rules->size() == 1) return PutOne(context, options, rules->front());
  if (options.release_pin) return UsageError("--release-pin takes a file with one rule");
  return PutMany(context, options, *rules);
}

absl::Status Put(const Context& context, const PutOptions& options) {
  if (!options.file.empty()) return PutFile(context, options);
  CLI_ASSIGN_OR_RETURN(const Rule rule, FromFlags(context, options));
  return PutOne(context, options, rule);
}

void AddPolicyOptions(CLI::App* put, PutOptions* options) {
  const std::string group = "Policy of the targets";
  AddNumber(put, "--retries", &options->retries_max, "Retries after the first attempt", 0,
            kRetriesMax)
      ->group(group);
  AddDuration(put, "--max-age", &options->age_max, "Longest time to try")->group(group);
  AddDuration(put, "--backoff", &options->backoff_initial, "Delay before the first retry")
      ->group(group);
  put->add_option("--backoff-factor", options->backoff_factor, "Growth of the delay")
      ->type_name("NUMBER")
      ->group(group);
  AddDuration(put, "--backoff-max", &options->backoff_max, "Longest delay")->group(group);
  AddRepeated(put, "--non-retryable", &options->non_retryable_codes,
              "Error code that goes straight to the dead letters; repeatable")
      ->type_name("CODE")
      ->group(group);
  AddDuration(put, "--lease", &options->lease, "How long an attempt may take")->group(group);
  AddNumber(put, "--in-flight", &options->in_flight_max, "Most unsettled attempts at one time", 1,
            UINT32_MAX)
      ->group(group);
  AddNumber(put, "--batch-size", &options->batch_size,
            "Most deliveries in one call of a grpc:// target", 1, kBatchSizeMax)
      ->group(group);
  AddDuration(put, "--batch-wait", &options->batch_wait,
              "How long a delivery to a grpc:// target waits for others")
      ->group(group);
  put->add_option("--ordering", options->ordering,
                  "key: deliveries of one key go one after the other, in order")
      ->check(CLI::IsMember({"none", "key"}))
      ->type_name("none|key")
      ->group(group);
  put->add_option("--ordering-key", options->ordering_key,
                  "Where the key stands, such as detail.order.id (default: the attribute "
                  "partitionkey); implies --ordering key")
      ->type_name("PATH")
      ->group(group);
  put->add_option("--on-dead-letter", options->on_dead_letter,
                  "What a dead letter does to its key: later deliveries continue, or wait until it "
                  "is redriven, skipped or purged")
      ->check(CLI::IsMember({"continue", "block"}))
      ->type_name("continue|block")
      ->group(group);
  put->add_flag("--no-dead-letters", options->no_dead_letters,
                "Only count deliveries that are given up")
      ->group(group);
}

}  // namespace

void AddRulePutCommand(CLI::App* rule, Context* context) {
  CLI::App* put = AddCommand(
      rule, "put", "Make a rule or replace its whole definition, from flags or from a file");
  auto options = std::make_shared<PutOptions>();
  CLI::Option* name = put->add_option("name", options->name, "Name of the rule")->type_name("RULE");
  AddBus(put, &options->bus);
  CLI::Option* pattern =
      put->add_option("--pattern,-p", options->pattern, "Event pattern: JSON, @FILE or -")
          ->type_name("PATTERN");
  CLI::Option* target = AddRepeated(put, "--target,-t", &options->targets,
                                    "ADDRESS or ID=ADDRESS, such as service:ticket; repeatable")
                            ->type_name("TARGET");
  put->add_option("--start", options->start,
                  "Where targets that are new begin: latest (default), earliest, a sequence, a "
                  "time, or a duration back from now; past events are filled in")
      ->type_name("POSITION");
  put->add_option("--description", options->description, "What the rule is for");
  put->add_flag("--disabled", options->disabled, "Do not match yet");
  AddPolicyOptions(put, options.get());
  put->add_option("--file,-f", options->file, "YAML or JSON with one or many rules; - is stdin")
      ->type_name("FILE")
      ->excludes(name)
      ->excludes(pattern)
      ->excludes(target);
  put->add_flag("--discard", options->discard,
                "Give unsettled deliveries of targets that are left out up");
  put->add_flag("--release-pin", options->release_pin,
                "Hand a rule edited here back to its service's rule sets");
  put->footer(
      "Example:\n"
      "  pavane rule put seat-taken --pattern '{\"detail-type\":[\"SeatAssigned\"]}' \\\n"
      "    --target service:ticket --retries 5 --max-age 1h");
  SetAction(put, context, options, Put);
}

}  // namespace pavane::cli
