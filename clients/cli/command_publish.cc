// pavane publish: one event from flags, or many from JSON lines
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "clients/cli/command.h"
#include "clients/cli/escape.h"
#include "clients/cli/health.h"
#include "clients/cli/interrupt.h"
#include "clients/cli/plural.h"
#include "clients/cli/publish_entry.h"
#include "clients/cli/publish_run.h"
#include "clients/cli/status.h"
#include "clients/cli/text_source.h"
#include "clients/cli/timestamp.h"
#include "pavane/v1/publisher.grpc.pb.h"

namespace pavane::cli {
namespace {

using ::pavane::v1::PublisherService;
using ::pavane::v1::PublishRequest;

struct PublishOptions {
  EventFlags event;
  std::optional<std::string> data;
  std::string file;
  bool validate_only = false;
  std::optional<absl::Time> deliver_at;
  std::optional<absl::Duration> delay;
  std::optional<double> rate;
  std::optional<absl::Duration> retry_for;
  bool quiet = false;
};

void PrintResult(const Context& context, const PublishOptions& options,
                 const pavane::v1::PublishResult& result) {
  if (options.quiet) return;
  if (context.json()) return context.PrintJson(result);
  context.out() << (options.validate_only ? "valid: " : "published ")
                << EscapeForTerminal(result.event_id()) << " to "
                << EscapeForTerminal(result.bus());
  if (result.scheduled()) {
    context.out() << ", scheduled"
                  << (result.duplicate() ? " (duplicate of an event that waits)" : "") << "\n";
    return;
  }
  if (!options.validate_only) context.out() << ", sequence " << result.sequence();
  context.out() << ", " << Plural(result.matched_rules(), "rule", "rules") << " matched"
                << (result.duplicate() ? " (duplicate of an earlier event)" : "") << "\n";
}

absl::Status PublishOne(const Context& context, const PublishOptions& options) {
  std::optional<std::string> data;
  if (options.data) {
    CLI_ASSIGN_OR_RETURN(data, ReadText(*options.data, context.in()));
  }
  PublishRequest request;
  request.set_validate_only(options.validate_only);
  CLI_ASSIGN_OR_RETURN(*request.add_entries(), EntryFromFlags(options.event, data));
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  CLI_ASSIGN_OR_RETURN(const auto response, broker.Call(&PublisherService::Stub::Publish, request));
  if (response.results_size() != 1) {
    return absl::InternalError("the broker did not answer for the event");
  }
  if (response.results(0).has_error()) {
    const pavane::v1::Error& error = response.results(0).error();
    return RefusedBecause(static_cast<absl::StatusCode>(error.code()), error.reason(),
                          error.message());
  }
  PrintResult(context, options, response.results(0));
  return absl::OkStatus();
}

absl::Status PublishMany(const Context& context, const PublishOptions& options) {
  if (options.validate_only) return UsageError("--validate-only takes one event, given by flags");
  // The publisher would wait for a broker; a person wants to know at once that there is none. A
  // broker that is up but not ready is worth waiting for.
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  CLI_RETURN_IF_ERROR(CheckReachable(broker));

  PublishRunOptions run_options;
  run_options.flags = options.event;
  run_options.rate = options.rate;
  run_options.quiet = options.quiet;
  if (options.retry_for) run_options.retry_for = *options.retry_for;
  PublishRun run(context, run_options);
  if (options.file.empty() || options.file == "-") return run.Run(context.in());
  std::ifstream file(options.file, std::ios::binary);
  if (!file) return ReadFile(options.file, context.in()).status();
  // ^C ends a file in good order, with its summary; a second one ends the program. Reading what is
  // no plain file may block, and so a first one ends that.
  std::optional<Interrupt> interrupt;
  if (std::filesystem::is_regular_file(options.file)) {
    interrupt.emplace(std::nullopt, [&run] { run.Stop(); });
  }
  return InContext(run.Run(file), options.file);
}

// Whether a flag says of what event it is; a bus alone does not.
bool DescribesAnEvent(const EventFlags& flags) {
  return !flags.source.empty() || !flags.subject.empty() || !flags.content_type.empty() ||
         !flags.dedup_key.empty() || flags.deliver_at || !flags.attributes.empty();
}

absl::Status Publish(const Context& context, const PublishOptions& given) {
  PublishOptions options = given;
  options.event.deliver_at = given.deliver_at;
  if (given.delay) options.event.deliver_at = absl::Now() + *given.delay;
  if (!options.file.empty()) {
    if (options.data || !options.event.id.empty()) {
      return UsageError("--data and --id are for one event and do not go with a file");
    }
    return PublishMany(context, options);
  }
  if (!options.event.type.empty()) return PublishOne(context, options);
  if (options.data || !options.event.id.empty()) return UsageError("--type is required");
  // A forgotten --type must not turn the event into lines of a standard input that has none.
  if (DescribesAnEvent(options.event)) {
    return UsageError(
        "give --type for one event, or a file of JSON lines to fill in, - for standard input");
  }
  if (IsTerminal(STDIN_FILENO)) {
    return UsageError("give --type, or a file of JSON lines, or JSON lines on standard input");
  }
  return PublishMany(context, options);
}

// An empty value, such as that of an unset variable of a script, would else be the default.
std::string RefuseEmpty(const std::string& text) {
  return text.empty() ? "must not be empty; leave the option out for its default" : "";
}

void AddEventOptions(CLI::App* publish, PublishOptions* options) {
  EventFlags* event = &options->event;
  publish->add_option("--type,-t", event->type, "Type of the event")
      ->check([](const std::string& text) { return text.empty() ? "must not be empty" : ""; })
      ->type_name("TYPE");
  publish
      ->add_option("--source,-s", event->source,
                   absl::StrCat("Source of the event (default: ", kDefaultSource, ")"))
      ->check(RefuseEmpty)
      ->type_name("SOURCE");
  AddText(publish, "--data,-d", &options->data, "Data: text, @FILE or - for standard input")
      ->type_name("DATA");
  publish->add_option("--id", event->id, "Id of the event (default: a random UUID)")
      ->check(RefuseEmpty)
      ->type_name("ID");
  AddBus(publish, &event->bus);
  AddRepeated(publish, "--attribute,-a", &event->attributes,
              "Attribute NAME=TEXT, or NAME:=VALUE for a boolean or integer; repeatable")
      ->type_name("NAME=TEXT");
  publish->add_option("--subject", event->subject, "Subject of the event")->type_name("TEXT");
  publish
      ->add_option("--content-type", event->content_type, "Media type of the data (default: JSON)")
      ->type_name("MEDIA-TYPE");
  publish->add_option("--dedup-key", event->dedup_key, "De-duplicate by this, not by source and id")
      ->type_name("KEY");
  CLI::Option* deliver_at =
      AddTime(publish, "--deliver-at", &options->deliver_at, "Append the event at this time");
  // A duration would be one back from now.
  deliver_at->check([](const std::string& text) {
    const absl::Status status = ParseMoment(text).status();
    return status.ok() ? "" : absl::StrCat(status.message(), "; --delay takes a duration");
  });
  AddDuration(publish, "--delay", &options->delay, "Append the event so long from now")
      ->excludes(deliver_at);
  publish->add_flag("--validate-only", options->validate_only,
                    "Only check and match; publish nothing");
}

}  // namespace

void AddPublishCommand(CLI::App* app, Context* context) {
  CLI::App* publish = AddCommand(
      app, "publish", "Publish one event given by flags, or many from CloudEvents JSON lines");
  auto options = std::make_shared<PublishOptions>();
  publish
      ->add_option("file", options->file,
                   "JSON lines, one event each; - is stdin. --type, --source and --bus fill "
                   "what a line lacks, --attribute sets it on all")
      ->type_name("FILE");
  AddEventOptions(publish, options.get());
  publish->add_option("--rate", options->rate, "At most so many events a second")
      ->check([](const std::string& text) -> std::string {
        double rate = 0;
        if (absl::SimpleAtod(text, &rate) && rate > 0 && std::isfinite(rate)) return "";
        return absl::StrCat("'", text, "' is not a number above 0");
      })
      ->type_name("N");
  AddDuration(publish, "--retry-for", &options->retry_for,
              "How long an event of a file is tried while the broker is away (default: 30s)");
  publish->add_flag("--quiet,-q", options->quiet, "Print errors only");
  publish->footer(
      "Examples:\n"
      "  pavane publish --type BookingCreated --source /booking --data '{\"seats\":2}'\n"
      "  pavane publish bookings.jsonl --rate 100");
  SetAction(publish, context, options, Publish);
}

}  // namespace pavane::cli
