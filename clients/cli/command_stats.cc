// pavane stats [--targets | --target BUS/RULE/TARGET]
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "clients/cli/byte_size.h"
#include "clients/cli/command.h"
#include "clients/cli/duration.h"
#include "clients/cli/pages.h"
#include "clients/cli/status.h"
#include "clients/cli/table.h"
#include "clients/cli/target_name.h"
#include "pavane/admin/v1/dead_letter.pb.h"
#include "pavane/admin/v1/system.grpc.pb.h"

namespace pavane::cli {
namespace {

using ::pavane::admin::v1::FailureReason;
using ::pavane::admin::v1::FailureReason_Name;
using ::pavane::admin::v1::GetStatsRequest;
using ::pavane::admin::v1::GetStatsResponse;
using ::pavane::admin::v1::ListTargetStatsRequest;
using ::pavane::admin::v1::ListTargetStatsResponse;
using ::pavane::admin::v1::PluginStats;
using ::pavane::admin::v1::SystemAdmin;
using ::pavane::admin::v1::TargetStats;

struct StatsOptions {
  bool targets = false;
  std::string bus;
  std::string rule;
  std::string target;
};

void PrintSystem(const Context& context, const GetStatsResponse& stats) {
  Table table;
  table.Add({"Version:", stats.version()});
  table.Add({"Ready:", stats.ready() ? "yes" : absl::StrCat("no: ", stats.not_ready_reason())});
  table.Add({"Started:", context.Time(stats.started_at())});
  table.Add({"Uptime:", DurationText(FromProto(stats.uptime()))});
  table.Add({"Boot:", absl::StrCat(stats.boot())});
  table.Add({"Durability:", stats.durability()});
  table.Add({"Commit position:", absl::StrCat(stats.commit_position())});
  table.Add({"Store:", FormatByteSize(stats.store_bytes())});
  table.Add({"Disk free:", FormatByteSize(stats.disk_free_bytes())});
  table.Add({"Streams:", absl::StrCat(stats.streams())});
  table.Add({"Buses:", absl::StrCat(stats.buses())});
  table.Add({"Rules:", absl::StrCat(stats.rules())});
  table.Add({"Targets:", absl::StrCat(stats.targets())});
  table.Add({"Queued:", absl::StrCat(stats.queued())});
  table.Add({"In flight:", absl::StrCat(stats.in_flight())});
  table.Add({"Dead letters:", absl::StrCat(stats.dead_letters())});
  table.Print(context.out());
  if (stats.plugins().empty()) return;
  Table plugins({"PLUGIN", ">PID", ">RESTARTS", "LAST EXIT"});
  for (const PluginStats& plugin : stats.plugins()) {
    plugins.Add({plugin.name(), plugin.pid() == 0 ? "" : absl::StrCat(plugin.pid()),
                 absl::StrCat(plugin.restarts()), plugin.last_exit()});
  }
  context.out() << "\n";
  plugins.Print(context.out());
}

std::string OldestAge(const TargetStats& stats) {
  if (!stats.has_oldest_unsettled_age()) return "";
  return DurationText(FromProto(stats.oldest_unsettled_age()));
}

// failed_by_reason is in the order of the enum, from RETRIES_EXHAUSTED on.
void AddFailures(const TargetStats& stats, Table* table) {
  for (int i = 0; i < stats.failed_by_reason_size(); ++i) {
    if (stats.failed_by_reason(i) == 0) continue;
    const std::string& name = FailureReason_Name(static_cast<FailureReason>(i + 1));
    table->Add({absl::StrCat("  ", name.empty() ? absl::StrCat("reason ", i + 1) : name, ":"),
                absl::StrCat(stats.failed_by_reason(i))});
  }
}

void PrintTarget(const Context& context, const TargetStats& stats) {
  Table table;
  table.Add({"Target:", absl::StrCat(stats.bus(), "/", stats.rule(), "/", stats.target())});
  table.Add({"Address:", stats.address()});
  table.Add({"State:", stats.paused() ? "paused" : "delivering"});
  table.Add({"Queued:", absl::StrCat(stats.queued())});
  table.Add({"In flight:", absl::StrCat(stats.in_flight())});
  table.Add({"Oldest unsettled:", OldestAge(stats)});
  table.Add({"Created:", absl::StrCat(stats.created())});
  table.Add({"Invocations:", absl::StrCat(stats.invocations())});
  table.Add({"Attempts:", absl::StrCat(stats.attempts())});
  table.Add({"Retries:", absl::StrCat(stats.retries())});
  table.Add({"Successes:", absl::StrCat(stats.successes())});
  table.Add({"Failed invocations:", absl::StrCat(stats.failed_invocations())});
  AddFailures(stats, &table);
  table.Add({"Sent to dead letters:", absl::StrCat(stats.sent_to_dead_letters())});
  table.Add({"Lost:", absl::StrCat(stats.lost())});
  table.Add({"Discarded:", absl::StrCat(stats.discarded())});
  table.Add({"Dead letters:", absl::StrCat(stats.dead_letters())});
  table.Print(context.out());
}

void AddRow(const TargetStats& stats, Table* table) {
  table->Add({stats.bus(), stats.rule(), stats.target(), stats.address(),
              absl::StrCat(stats.queued()), absl::StrCat(stats.in_flight()), OldestAge(stats),
              absl::StrCat(stats.attempts()), absl::StrCat(stats.retries()),
              absl::StrCat(stats.successes()), absl::StrCat(stats.failed_invocations()),
              absl::StrCat(stats.dead_letters()), stats.paused() ? "paused" : ""});
}

absl::Status System(const Context& context) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  CLI_ASSIGN_OR_RETURN(const auto stats,
                       broker.Call(&SystemAdmin::Stub::GetStats, GetStatsRequest()));
  if (context.json()) {
    context.PrintJson(stats);
  } else {
    PrintSystem(context, stats);
  }
  return absl::OkStatus();
}

absl::Status OneTarget(const Context& context, const StatsOptions& options) {
  CLI_ASSIGN_OR_RETURN(const TargetName name, ParseTargetName(options.target));
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  ListTargetStatsRequest request;
  request.set_bus(name.bus);
  request.set_rule(name.rule);
  request.set_target(name.target);
  CLI_ASSIGN_OR_RETURN(const auto page, broker.Call(&SystemAdmin::Stub::ListTargetStats, request));
  if (page.targets().empty()) {
    return absl::NotFoundError(
        absl::StrCat("no target ", options.target, "; see `pavane stats --targets`"));
  }
  if (context.json()) {
    context.PrintJson(page.targets(0));
  } else {
    PrintTarget(context, page.targets(0));
  }
  return absl::OkStatus();
}

// Before a table is begun: a rule that is not there is no empty table.
absl::Status CheckRule(const Context& context, const StatsOptions& options,
                       ListTargetStatsRequest request) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  request.set_page_size(1);
  CLI_ASSIGN_OR_RETURN(const auto page, broker.Call(&SystemAdmin::Stub::ListTargetStats, request));
  if (!page.targets().empty()) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat("no target of a rule ", options.rule,
                   options.bus.empty() ? "" : absl::StrCat(" on bus ", options.bus),
                   "; see `pavane stats --targets`"));
}

absl::Status AllTargets(const Context& context, const StatsOptions& options) {
  Table table({"BUS", "RULE", "TARGET", "ADDRESS", ">QUEUED", ">IN FLIGHT", ">OLDEST", ">ATTEMPTS",
               ">RETRIES", ">SUCCESSES", ">FAILED", ">DEAD", "STATE"});
  ListTargetStatsRequest request;
  request.set_bus(options.bus);
  request.set_rule(options.rule);
  if (!options.rule.empty()) CLI_RETURN_IF_ERROR(CheckRule(context, options, request));
  return Pages(context).ForEach(&SystemAdmin::Stub::ListTargetStats, request, &table,
                                [&](const ListTargetStatsResponse& page) {
                                  for (const TargetStats& stats : page.targets()) {
                                    if (context.json()) {
                                      context.PrintJson(stats);
                                    } else {
                                      AddRow(stats, &table);
                                    }
                                  }
                                  return page.targets_size();
                                });
}

absl::Status Stats(const Context& context, const StatsOptions& options) {
  if (!options.target.empty()) return OneTarget(context, options);
  if (options.targets || !options.bus.empty() || !options.rule.empty()) {
    return AllTargets(context, options);
  }
  return System(context);
}

}  // namespace

void AddStatsCommand(CLI::App* app, Context* context) {
  CLI::App* stats = AddCommand(app, "stats", "Show the broker's state, or counters of targets");
  auto options = std::make_shared<StatsOptions>();
  CLI::Option* targets =
      stats->add_flag("--targets", options->targets, "One row for each target, with its counters");
  AddBus(stats, &options->bus, "Only targets of this bus");
  stats->add_option("--rule", options->rule, "Only targets of this rule")->type_name("RULE");
  stats->add_option("--target", options->target, "All counters of this target")
      ->type_name("BUS/RULE/TARGET")
      ->excludes(targets);
  SetAction(stats, context, options, Stats);
}

}  // namespace pavane::cli
