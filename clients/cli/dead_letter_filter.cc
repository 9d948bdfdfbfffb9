#include "clients/cli/dead_letter_filter.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/descriptor.h"

#include "clients/cli/command.h"
#include "clients/cli/status.h"
#include "clients/cli/timestamp.h"

namespace pavane::cli {
namespace {

using ::pavane::admin::v1::DeadLetterFilter;
using ::pavane::admin::v1::FailureReason;
using ::pavane::admin::v1::FailureReason_descriptor;

// As typed: lower case with dashes. Taken from the enum, so that a new reason needs no change here.
std::vector<std::string> ReasonNames() {
  std::vector<std::string> names;
  for (int i = 0; i < FailureReason_descriptor()->value_count(); ++i) {
    const auto* value = FailureReason_descriptor()->value(i);
    if (value->number() == 0) continue;
    names.push_back(absl::AsciiStrToLower(absl::StrReplaceAll(value->name(), {{"_", "-"}})));
  }
  return names;
}

}  // namespace

absl::StatusOr<FailureReason> ParseFailureReason(absl::string_view text) {
  const std::string name = absl::AsciiStrToUpper(absl::StrReplaceAll(text, {{"-", "_"}}));
  FailureReason reason;
  if (pavane::admin::v1::FailureReason_Parse(name, &reason) && reason != 0) return reason;
  return UsageError(
      absl::StrCat("'", text, "' is not a reason; they are ", absl::StrJoin(ReasonNames(), ", ")));
}

bool DeadLetterFilterOptions::empty() const {
  for (const std::string* text : {&bus, &rule, &target, &target_address, &error_code, &reason,
                                  &event_type, &correlation_id}) {
    if (!text->empty()) return false;
  }
  return !since && !until;
}

DeadLetterFilter DeadLetterFilterOptions::ToProto() const {
  DeadLetterFilter filter;
  filter.set_bus(bus);
  filter.set_rule(rule);
  filter.set_target(target);
  filter.set_target_address(target_address);
  filter.set_error_code(error_code);
  filter.set_event_type(event_type);
  filter.set_correlation_id(correlation_id);
  // The option was checked while the command line was read.
  if (!reason.empty()) filter.set_reason(*ParseFailureReason(reason));
  if (since) *filter.mutable_since() = cli::ToProto(*since);
  if (until) *filter.mutable_until() = cli::ToProto(*until);
  return filter;
}

void AddFilterOptions(CLI::App* command, DeadLetterFilterOptions* options) {
  AddBus(command, &options->bus, "Only dead letters of this bus");
  command->add_option("--rule", options->rule, "Only of this rule")->type_name("RULE");
  command->add_option("--target", options->target, "Only of the target with this id")
      ->type_name("TARGET");
  command
      ->add_option("--target-address", options->target_address,
                   "Only of targets with this address, such as service:ticket")
      ->type_name("ADDRESS");
  command->add_option("--code", options->error_code, "Only with this error code")
      ->type_name("CODE");
  command->add_option("--reason", options->reason, "Only given up for this reason")
      ->check([](const std::string& text) {
        return std::string(ParseFailureReason(text).status().message());
      })
      ->type_name(absl::StrCat("{", absl::StrJoin(ReasonNames(), ","), "}"));
  command->add_option("--type", options->event_type, "Only events of this type")->type_name("TYPE");
  command->add_option("--correlation", options->correlation_id, "Only of this flow")
      ->type_name("ID");
  AddTime(command, "--since", &options->since, "Only given up at or after this time");
  AddTime(command, "--until", &options->until, "Only given up before this time");
}

}  // namespace pavane::cli
