// pavane rule get | list | enable | disable | delete | pause | resume; put, test, explain and
// preview have files of their own.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "clients/cli/command.h"
#include "clients/cli/duration.h"
#include "clients/cli/escape.h"
#include "clients/cli/pages.h"
#include "clients/cli/plural.h"
#include "clients/cli/start_position.h"
#include "clients/cli/status.h"
#include "clients/cli/table.h"
#include "pavane/admin/v1/rule.grpc.pb.h"

namespace pavane::cli {
namespace {

using ::pavane::admin::v1::DeleteRuleRequest;
using ::pavane::admin::v1::DisableRuleRequest;
using ::pavane::admin::v1::EnableRuleRequest;
using ::pavane::admin::v1::GetRuleRequest;
using ::pavane::admin::v1::ListRulesRequest;
using ::pavane::admin::v1::ListRulesResponse;
using ::pavane::admin::v1::PauseTargetRequest;
using ::pavane::admin::v1::ResumeTargetRequest;
using ::pavane::admin::v1::Rule;
using ::pavane::admin::v1::RuleAdmin;
using ::pavane::admin::v1::Target;

// For commands about one rule or one of its targets.
struct NameOptions {
  std::string bus;
  std::string rule;
  std::string target;
  bool discard = false;
};

struct ListOptions {
  std::string bus;
  std::string prefix;
  std::string target_address;
};

absl::Status NoSuchRule(const absl::Status& status) {
  if (!absl::IsNotFound(status)) return status;
  return WithHint(status, "see `pavane rule list`; a rule on another bus needs --bus");
}

std::string StateOf(const Rule& rule) {
  return rule.state() == Rule::DISABLED ? "disabled" : "enabled";
}

std::string TargetsOf(const Rule& rule) {
  return absl::StrJoin(rule.targets(), " ", [](std::string* out, const Target& target) {
    absl::StrAppend(out, target.address(), target.paused() ? "(paused)" : "");
  });
}

std::string OwnerOf(const Rule& rule) {
  if (rule.owner_service().empty()) return "";
  return absl::StrCat(rule.owner_service(), rule.pinned() ? " (pinned)" : "",
                      rule.ephemeral() ? " (ephemeral)" : "");
}

// "at most 3 retries, age 1h" for what differs from the defaults.
std::string PolicyOf(const Context& context, const Target& target) {
  std::vector<std::string> parts;
  const auto& retry = target.retry_policy();
  if (retry.has_retries_max()) parts.push_back(absl::StrCat("retries ", retry.retries_max()));
  if (retry.has_age_max()) {
    parts.push_back(absl::StrCat("age ", DurationText(FromProto(retry.age_max()))));
  }
  if (retry.has_backoff_initial() || retry.has_backoff_max()) {
    parts.push_back(absl::StrCat("back-off ", DurationText(FromProto(retry.backoff_initial())),
                                 " to ", DurationText(FromProto(retry.backoff_max()))));
  }
  if (retry.non_retryable_codes_size() > 0) {
    parts.push_back(absl::StrCat("no retry of ", absl::StrJoin(retry.non_retryable_codes(), " ")));
  }
  if (target.lease_policy().has_lease()) {
    parts.push_back(absl::StrCat("lease ", DurationText(FromProto(target.lease_policy().lease()))));
  }
  if (target.dead_letter_policy().disabled()) parts.emplace_back("no dead letters");
  if (target.has_batch_policy()) {
    parts.push_back(absl::StrCat("batches of ", target.batch_policy().size_max(), " within ",
                                 DurationText(FromProto(target.batch_policy().wait_max()))));
  }
  if (target.ordering().mode() == pavane::v1::Ordering::KEY) {
    const std::string& path = target.ordering().key_path();
    parts.push_back(absl::StrCat("ordered by ", path.empty() ? "partitionkey" : path));
    if (target.ordering().on_dead_letter() == pavane::v1::Ordering::BLOCK) {
      parts.emplace_back("a dead letter blocks its key");
    }
  }
  if (target.has_start_position()) {
    parts.push_back(
        absl::StrCat("from ", StartPositionText(target.start_position(), context.local)));
  }
  return absl::StrJoin(parts, ", ");
}

void PrintDetails(const Context& context, const Rule& rule) {
  Table table;
  table.Add({"Name:", rule.name()});
  table.Add({"Bus:", rule.bus()});
  table.Add({"Description:", rule.description()});
  table.Add({"State:", StateOf(rule)});
  table.Add({"Pattern:", rule.pattern()});
  table.Add({"Owner:", OwnerOf(rule)});
  table.Add({"Version:", absl::StrCat(rule.version())});
  table.Add({"Created:", context.Time(rule.created_at())});
  table.Add({"Updated:", context.Time(rule.updated_at())});
  table.Print(context.out());
  Table targets({"TARGET", "ADDRESS", "STATE", "POLICY"});
  for (const Target& target : rule.targets()) {
    targets.Add({target.id(), target.address(), target.paused() ? "paused" : "delivering",
                 PolicyOf(context, target)});
  }
  context.out() << "\n";
  targets.Print(context.out());
}

absl::Status Get(const Context& context, const NameOptions& options) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  GetRuleRequest request;
  request.set_bus(options.bus);
  request.set_name(options.rule);
  auto response = broker.Call(&RuleAdmin::Stub::GetRule, request);
  CLI_RETURN_IF_ERROR(NoSuchRule(response.status()));
  if (context.json()) {
    context.PrintJson(response->rule());
  } else {
    PrintDetails(context, response->rule());
  }
  return absl::OkStatus();
}

void AddRow(const Rule& rule, Table* table) {
  table->Add({rule.bus(), rule.name(), StateOf(rule), absl::StrCat(rule.version()), OwnerOf(rule),
              TargetsOf(rule), rule.description()});
}

absl::Status List(const Context& context, const ListOptions& options) {
  Table table({"BUS", "NAME", "STATE", ">VERSION", "OWNER", "TARGETS", "DESCRIPTION"});
  ListRulesRequest request;
  request.set_bus(options.bus);
  request.set_name_prefix(options.prefix);
  request.set_target_address(options.target_address);
  return Pages(context).ForEach(&RuleAdmin::Stub::ListRules, request, &table,
                                [&](const ListRulesResponse& page) {
                                  for (const Rule& rule : page.rules()) {
                                    if (context.json()) {
                                      context.PrintJson(rule);
                                    } else {
                                      AddRow(rule, &table);
                                    }
                                  }
                                  return page.rules_size();
                                });
}

// "enabled rule x"; in JSON what the broker answered, which may be {}.
template <typename Response>
absl::Status Report(const Context& context, const absl::StatusOr<Response>& response,
                    const std::string& done) {
  CLI_RETURN_IF_ERROR(NoSuchRule(response.status()));
  if (context.json()) {
    context.PrintJson(*response);
  } else {
    context.out() << EscapeForTerminal(done) << "\n";
  }
  return absl::OkStatus();
}

// Calls `method`, whose request names a rule, and says that the rule is `done`.
template <typename Request, typename Method>
absl::Status Switch(const Context& context, const NameOptions& options, Method method,
                    const char* done) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  Request request;
  request.set_bus(options.bus);
  request.set_name(options.rule);
  return Report(context, broker.Call(method, request), absl::StrCat(done, " rule ", options.rule));
}

// The same for a target.
template <typename Request, typename Method>
absl::Status SwitchTarget(const Context& context, const NameOptions& options, Method method,
                          const char* done) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  Request request;
  request.set_bus(options.bus);
  request.set_rule(options.rule);
  request.set_target(options.target);
  return Report(context, broker.Call(method, request),
                absl::StrCat(done, " target ", options.target, " of rule ", options.rule));
}

absl::Status Enable(const Context& context, const NameOptions& options) {
  return Switch<EnableRuleRequest>(context, options, &RuleAdmin::Stub::EnableRule, "enabled");
}

absl::Status Disable(const Context& context, const NameOptions& options) {
  return Switch<DisableRuleRequest>(context, options, &RuleAdmin::Stub::DisableRule, "disabled");
}

absl::Status Pause(const Context& context, const NameOptions& options) {
  return SwitchTarget<PauseTargetRequest>(context, options, &RuleAdmin::Stub::PauseTarget,
                                          "paused");
}

absl::Status Resume(const Context& context, const NameOptions& options) {
  return SwitchTarget<ResumeTargetRequest>(context, options, &RuleAdmin::Stub::ResumeTarget,
                                           "resumed");
}

absl::Status Delete(const Context& context, const NameOptions& options) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  DeleteRuleRequest request;
  request.set_bus(options.bus);
  request.set_name(options.rule);
  request.set_discard(options.discard);
  auto response = broker.Call(&RuleAdmin::Stub::DeleteRule, request);
  if (ReasonOf(response.status()) == pavane::v1::HAS_UNSETTLED) {
    return WithHint(response.status(), "--discard gives unsettled deliveries up");
  }
  const uint64_t discarded = response.ok() ? response->discarded_deliveries() : 0;
  return Report(context, response,
                absl::StrCat("deleted rule ", options.rule, Discarded(discarded)));
}

using Run = absl::Status (*)(const Context&, const NameOptions&);

// A command about one rule; its options are the result, for further flags.
std::shared_ptr<NameOptions> AddNamed(CLI::App* command, Context* context, Run run) {
  auto options = std::make_shared<NameOptions>();
  command->add_option("rule", options->rule, "Name of the rule")->required()->type_name("RULE");
  AddBus(command, &options->bus);
  SetAction(command, context, options, run);
  return options;
}

void AddTargeted(CLI::App* command, Context* context, Run run) {
  command->add_option("target", AddNamed(command, context, run)->target, "Id of the target")
      ->required()
      ->type_name("TARGET");
}

void AddList(CLI::App* rule, Context* context) {
  CLI::App* list = AddCommand(rule, "list", "List rules");
  auto options = std::make_shared<ListOptions>();
  AddBus(list, &options->bus, "Only rules of this bus (default: all)");
  list->add_option("--prefix", options->prefix, "Only rules whose name starts so");
  list->add_option("--target-address", options->target_address,
                   "Only rules with a target of this address, such as service:ticket")
      ->type_name("ADDRESS");
  SetAction(list, context, options, List);
}

}  // namespace

void AddRuleCommands(CLI::App* app, Context* context) {
  CLI::App* rule = AddGroup(app, "rule", "Make, show, test and delete rules");
  AddRulePutCommand(rule, context);
  AddNamed(AddCommand(rule, "get", "Show one rule with its targets"), context, Get);
  AddList(rule, context);
  AddNamed(AddCommand(rule, "enable", "Match events from now on"), context, Enable);
  AddNamed(AddCommand(rule, "disable", "Match no more events; queued deliveries go on"), context,
           Disable);
  CLI::App* remove = AddCommand(rule, "delete", "Delete a rule with its targets");
  remove->add_flag("--discard", AddNamed(remove, context, Delete)->discard,
                   "Give unsettled deliveries up");
  AddTargeted(AddCommand(rule, "pause", "Stop delivering to a target; matching goes on"), context,
              Pause);
  AddTargeted(AddCommand(rule, "resume", "Deliver to a paused target again"), context, Resume);
  AddRuleTestCommand(rule, context);
  AddRuleExplainCommand(rule, context);
  AddRulePreviewCommand(rule, context);
}

}  // namespace pavane::cli
