// pavane rule get | list | enable | disable | delete | pause | resume; put, test, explain and
// preview have files of their own.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "clients/cli/command.h"
#include "clients/cli/duration.h"
#include "clients/cli/escape.h"
#include "clients/cli/plural.h"
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
using ::pavane::admin::v1::PauseTargetRequest;
using ::pavane::admin::v1::ResumeTargetRequest;
using ::pavane::admin::v1::Rule;
using ::pavane::admin::v1::RuleAdmin;
using ::pavane::admin::v1::Target;

struct NameOptions {
  std::string bus;
  std::string name;
};

struct ListOptions {
  std::string bus;
  std::string prefix;
  std::string target_address;
};

struct DeleteOptions {
  std::string bus;
  std::string name;
  bool discard = false;
};

struct TargetOptions {
  std::string bus;
  std::string rule;
  std::string target;
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
std::string PolicyOf(const Target& target) {
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
  if (target.ordering().mode() == pavane::v1::Ordering::KEY) {
    const std::string& path = target.ordering().key_path();
    parts.push_back(absl::StrCat("ordered by ", path.empty() ? "partitionkey" : path));
    if (target.ordering().on_dead_letter() == pavane::v1::Ordering::BLOCK) {
      parts.emplace_back("a dead letter blocks its key");
    }
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
                 PolicyOf(target)});
  }
  context.out() << "\n";
  targets.Print(context.out());
}

absl::Status Get(const Context& context, const NameOptions& options) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  GetRuleRequest request;
  request.set_bus(options.bus);
  request.set_name(options.name);
  auto response = broker.Call(&RuleAdmin::Stub::GetRule, request);
  CLI_RETURN_IF_ERROR(NoSuchRule(response.status()));
  if (context.json()) {
    context.PrintJson(response->rule());
  } else {
    PrintDetails(context, response->rule());
  }
  return absl::OkStatus();
}

absl::Status List(const Context& context, const ListOptions& options) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  Table table({"BUS", "NAME", "STATE", ">VERSION", "OWNER", "TARGETS", "DESCRIPTION"});
  ListRulesRequest request;
  request.set_bus(options.bus);
  request.set_name_prefix(options.prefix);
  request.set_target_address(options.target_address);
  request.set_page_size(1000);
  do {
    CLI_ASSIGN_OR_RETURN(const auto page, broker.Call(&RuleAdmin::Stub::ListRules, request));
    for (const Rule& rule : page.rules()) {
      if (context.json()) {
        context.PrintJson(rule);
        continue;
      }
      table.Add({rule.bus(), rule.name(), StateOf(rule), absl::StrCat(rule.version()),
                 OwnerOf(rule), TargetsOf(rule), rule.description()});
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (!context.json()) table.Print(context.out());
  return absl::OkStatus();
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

absl::Status Enable(const Context& context, const NameOptions& options) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  EnableRuleRequest request;
  request.set_bus(options.bus);
  request.set_name(options.name);
  return Report(context, broker.Call(&RuleAdmin::Stub::EnableRule, request),
                absl::StrCat("enabled rule ", options.name));
}

absl::Status Disable(const Context& context, const NameOptions& options) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  DisableRuleRequest request;
  request.set_bus(options.bus);
  request.set_name(options.name);
  return Report(context, broker.Call(&RuleAdmin::Stub::DisableRule, request),
                absl::StrCat("disabled rule ", options.name));
}

absl::Status Delete(const Context& context, const DeleteOptions& options) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  DeleteRuleRequest request;
  request.set_bus(options.bus);
  request.set_name(options.name);
  request.set_discard(options.discard);
  auto response = broker.Call(&RuleAdmin::Stub::DeleteRule, request);
  if (ReasonOf(response.status()) == pavane::v1::HAS_UNSETTLED) {
    return WithHint(response.status(), "--discard gives unsettled deliveries up");
  }
  const uint64_t discarded = response.ok() ? response->discarded_deliveries() : 0;
  return Report(context, response,
                absl::StrCat("deleted rule ", options.name, Discarded(discarded)));
}

absl::Status Pause(const Context& context, const TargetOptions& options) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  PauseTargetRequest request;
  request.set_bus(options.bus);
  request.set_rule(options.rule);
  request.set_target(options.target);
  return Report(context, broker.Call(&RuleAdmin::Stub::PauseTarget, request),
                absl::StrCat("paused target ", options.target, " of rule ", options.rule));
}

absl::Status Resume(const Context& context, const TargetOptions& options) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  ResumeTargetRequest request;
  request.set_bus(options.bus);
  request.set_rule(options.rule);
  request.set_target(options.target);
  return Report(context, broker.Call(&RuleAdmin::Stub::ResumeTarget, request),
                absl::StrCat("resumed target ", options.target, " of rule ", options.rule));
}

void AddNamed(CLI::App* rule, Context* context, const std::string& name, const std::string& help,
              absl::Status (*run)(const Context&, const NameOptions&)) {
  CLI::App* command = AddCommand(rule, name, help);
  auto options = std::make_shared<NameOptions>();
  command->add_option("name", options->name, "Name of the rule")->required()->type_name("RULE");
  AddBus(command, &options->bus);
  SetAction(command, context, options, run);
}

void AddTargeted(CLI::App* rule, Context* context, const std::string& name, const std::string& help,
                 absl::Status (*run)(const Context&, const TargetOptions&)) {
  CLI::App* command = AddCommand(rule, name, help);
  auto options = std::make_shared<TargetOptions>();
  command->add_option("rule", options->rule, "Name of the rule")->required()->type_name("RULE");
  command->add_option("target", options->target, "Id of the target")
      ->required()
      ->type_name("TARGET");
  AddBus(command, &options->bus);
  SetAction(command, context, options, run);
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

void AddDelete(CLI::App* rule, Context* context) {
  CLI::App* remove = AddCommand(rule, "delete", "Delete a rule with its targets");
  auto options = std::make_shared<DeleteOptions>();
  remove->add_option("name", options->name, "Name of the rule")->required()->type_name("RULE");
  AddBus(remove, &options->bus);
  remove->add_flag("--discard", options->discard, "Give unsettled deliveries up");
  SetAction(remove, context, options, Delete);
}

}  // namespace

void AddRuleCommands(CLI::App* app, Context* context) {
  CLI::App* rule = AddGroup(app, "rule", "Make, show, test and delete rules");
  AddRulePutCommand(rule, context);
  AddNamed(rule, context, "get", "Show one rule with its targets", Get);
  AddList(rule, context);
  AddNamed(rule, context, "enable", "Match events from now on", Enable);
  AddNamed(rule, context, "disable", "Match no more events; queued deliveries go on", Disable);
  AddDelete(rule, context);
  AddTargeted(rule, context, "pause", "Stop delivering to a target; matching goes on", Pause);
  AddTargeted(rule, context, "resume", "Deliver to a paused target again", Resume);
  AddRuleTestCommand(rule, context);
  AddRuleExplainCommand(rule, context);
  AddRulePreviewCommand(rule, context);
}

}  // namespace pavane::cli
