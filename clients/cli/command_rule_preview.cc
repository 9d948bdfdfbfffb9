// pavane rule preview
#include <cstdint>
#include <ostream>
#include <vector>

#include "absl/strings/str_cat.h"

#include "clients/cli/cloud_event.h"
#include "clients/cli/command.h"
#include "clients/cli/escape.h"
#include "clients/cli/health.h"
#include "clients/cli/interrupt.h"
#include "clients/cli/plural.h"
#include "clients/cli/status.h"
#include "clients/cli/table.h"
#include "clients/cli/text_source.h"
#include "clients/cli/timestamp.h"
#include "pavane/admin/v1/rule.grpc.pb.h"

namespace pavane::cli {
namespace {

using ::pavane::admin::v1::PreviewRuleRequest;
using ::pavane::admin::v1::PreviewRuleResponse;
using ::pavane::admin::v1::RuleAdmin;

constexpr int kStandardError = 2;

struct PreviewOptions {
  std::string pattern;
  std::string bus;
  std::string replaces;
  std::optional<absl::Time> since;
  std::optional<absl::Time> until;
  uint64_t from = 0;
  std::optional<uint64_t> limit;
  uint32_t sample = 10;
  bool list = false;
  std::optional<absl::Duration> time_limit;
};

absl::StatusOr<PreviewRuleRequest> ToRequest(const Context& context,
                                             const PreviewOptions& options) {
  PreviewRuleRequest request;
  CLI_ASSIGN_OR_RETURN(*request.mutable_pattern(), ReadPattern(options.pattern, context.in()));
  request.set_bus(options.bus);
  request.set_replaces(options.replaces);
  if (options.since && options.until && *options.since > *options.until) {
    return UsageError("--since is after --until");
  }
  if (options.since) *request.mutable_since() = ToProto(*options.since);
  if (options.until) *request.mutable_until() = ToProto(*options.until);
  request.set_from_sequence(options.from);
  request.set_events_max(options.limit.value_or(0));
  request.set_sample(options.sample);
  request.set_list_sequences(options.list);
  return request;
}

// "new" and "gone" against the rule that would be replaced.
std::string Change(const PreviewOptions& options, bool matched, bool matched_before) {
  if (options.replaces.empty() || matched == matched_before) return matched ? "matches" : "";
  return matched ? "new" : "gone";
}

class Printer {
 public:
  Printer(const Context& context, const PreviewOptions& options)
      : context_(context),
        options_(options),
        progress_(!context.json() && IsTerminal(kStandardError)),
        table_({">SEQUENCE", "CHANGE", "ACCEPTED", "TYPE", "SOURCE", "ID", "DATA"}) {}

  absl::Status Add(const PreviewRuleResponse& response) {
    if (context_.json()) {
      context_.PrintJson(response);
      return context_.Flush();
    }
    for (const auto& sample : response.samples()) {
      const auto& event = sample.event().event();
      table_.Add({absl::StrCat(sample.event().sequence()),
                  Change(options_, sample.matched(), sample.matched_before()),
                  context_.Time(sample.event().accepted_at()), event.type(), event.source(),
                  event.id(), DataForPeople(event)});
    }
    List("matches", response.matched_sequences());
    List("new", response.newly_matched_sequences());
    List("gone", response.no_longer_matched_sequences());
    if (progress_) {
      context_.err() << "\r" << response.events() << " events looked at, " << response.matched()
                     << " matched, at event " << response.at_sequence() << " of "
                     << response.last_sequence() << std::flush;
    }
    return context_.Flush();
  }

  void Summary(const PreviewRuleResponse& last) {
    if (progress_) context_.err() << "\r\x1b[K";
    if (context_.json()) return;
    if (!table_.empty() && !options_.list) table_.Print(context_.out());
    context_.out() << last.matched() << " of " << Plural(last.events(), "event", "events")
                   << " would have matched\n";
    if (!options_.replaces.empty()) {
      context_.out() << last.newly_matched() << " newly matched, " << last.no_longer_matched()
                     << " no longer matched, against rule " << EscapeForTerminal(options_.replaces)
                     << (last.replaces_disabled() ? ", which is disabled and matches nothing\n"
                                                  : " as it is now\n");
    }
    if (last.too_complex() > 0) {
      context_.out() << last.too_complex() << " too complex to tell\n";
    }
  }

 private:
  // With --list a line for each event: the list has no bound.
  void List(absl::string_view what, const google::protobuf::RepeatedField<uint64_t>& sequences) {
    for (const uint64_t sequence : sequences) context_.out() << what << " " << sequence << "\n";
  }

  const Context& context_;
  const PreviewOptions& options_;
  const bool progress_;
  Table table_;
};

absl::Status Preview(const Context& context, const PreviewOptions& options) {
  CLI_ASSIGN_OR_RETURN(const PreviewRuleRequest request, ToRequest(context, options));
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  // A stream has no time limit, so whether anybody answers is asked first.
  CLI_RETURN_IF_ERROR(CheckReachable(broker));
  RuleAdmin::Stub stub(broker.channel());
  grpc::ClientContext call;
  Interrupt interrupt(options.time_limit, [&call] { call.TryCancel(); });
  auto stream = stub.PreviewRule(&call, request);
  Printer printer(context, options);
  PreviewRuleResponse response;
  absl::Status output;
  while (output.ok() && stream->Read(&response)) output = printer.Add(response);
  if (!output.ok()) call.TryCancel();
  const grpc::Status status = stream->Finish();
  CLI_RETURN_IF_ERROR(output);
  if (!response.done()) {
    if (interrupt.stopped()) {
      printer.Summary(response);
      const std::string stopped = absl::StrCat("stopped at event ", response.at_sequence(), " of ",
                                               response.last_sequence());
      if (!interrupt.limit_over()) return absl::CancelledError(stopped);
      if (!context.json()) context.out() << stopped << "\n";
      return absl::OkStatus();
    }
    CLI_RETURN_IF_ERROR(broker.ToStatus(status, call));
    return absl::UnavailableError("the broker ended the stream");
  }
  printer.Summary(response);
  return absl::OkStatus();
}

}  // namespace

void AddRulePreviewCommand(CLI::App* rule, Context* context) {
  CLI::App* preview =
      AddCommand(rule, "preview", "Run a draft pattern over the stored events of a bus");
  auto options = std::make_shared<PreviewOptions>();
  preview->add_option("--pattern,-p", options->pattern, "The draft: JSON, @FILE or -")
      ->required()
      ->type_name("PATTERN");
  AddBus(preview, &options->bus);
  preview->add_option("--replaces", options->replaces, "Compare with this rule as it is now")
      ->type_name("RULE");
  AddTime(preview, "--since", &options->since, "Only accepted at or after this time");
  AddTime(preview, "--until", &options->until, "Only accepted before this time");
  preview->add_option("--from", options->from, "Begin at this sequence")->type_name("SEQUENCE");
  AddNumber(preview, "--limit", &options->limit, "Most events to look at (default: all)", 1,
            UINT64_MAX);
  preview->add_option("--sample", options->sample, "Events to show of each kind (default: 10)")
      ->check(CLI::Range(0, 100));
  preview->add_flag("--list", options->list,
                    "Print the sequence of every matched, new and gone event instead");
  AddDuration(preview, "--for", &options->time_limit, "Stop after this time");
  SetAction(preview, context, options, Preview);
}

}  // namespace pavane::cli
